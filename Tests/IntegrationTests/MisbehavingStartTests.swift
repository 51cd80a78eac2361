import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Extensions that do not start well", .serialized)
    struct MisbehavingStartTests {
        private static let badStarts: [(arguments: [String], startSeconds: Int)] = [
            (["--mode", "exit"], 10),
            (["--mode", "silent"], 1),
            (["--mode", "half-handshake"], 1),
            (["--start-delay", "5"], 1),
            (["--mode", "flood-stdout"], 20),
            (["--mode", "endless-pages"], 20),
            (["--mode", "same-cursor"], 20),
            (["--mode", "duplicate-tools"], 20),
            (["--mode", "bad-names"], 20),
            (["--mode", "huge-description"], 20),
            (["--modern", "--mode", "exit"], 10),
            (["--modern", "--mode", "silent"], 1),
        ]

        @Test("a program that is not there is named")
        func noSuchProgram() async throws {
            try await ServerFixture.with { server in
                let answer = try server.register("bad", [server.scratch.path + "/nothing"])
                #expect(answer.status == 422 && answer.code == "COMMAND_NOT_FOUND", "\(answer.json.text)")
                try server.scratch.write("programs/data.txt", "no program")
                let text = try server.register("bad", [server.scratch.path + "/programs/data.txt"])
                #expect(text.status == 422, "\(text.json.text)")
                #expect(try server.request("GET", "/api/v1/extensions/bad").status == 404)
            }
        }

        @Test("what it said last is told, with a line's end or without")
        func lastWords() async throws {
            try await ServerFixture.with { server in
                for words in ["no such model", "no such model\\n"] {
                    let answer = try server.register("bad", ["/bin/sh", "-c", "printf '\(words)' >&2; exit 3"])
                    #expect(answer.status == 422 && answer.code == "SMOKE_CHECK_FAILED", "\(answer.json.text)")
                    #expect(answer.json["error"]?["message"]?.string?.hasSuffix("no such model") == true)
                }
            }
        }

        @Test("one that fails its check is not installed, and harms no other", arguments: badStarts)
        func failsCheck(_ bad: (arguments: [String], startSeconds: Int)) async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let registration = server.registration(
                    "bad",
                    server.misbehaving(bad.arguments),
                    loading: ["start_seconds": .integer(bad.startSeconds)]
                )
                let connection = try HTTPConnection(port: server.port)
                let body = registration.text
                connection.send(server.bytes("POST", "/api/v1/extensions", body: Array(body.utf8)))
                for _ in 0..<20 {
                    #expect(try server.echoWorks())
                    usleep(20_000)
                }
                let answer = try connection.answer()
                #expect(answer.status == 422 && answer.code == "SMOKE_CHECK_FAILED", "\(answer.json.text)")
                #expect(answer.json["error"]?["message"]?.string?.isEmpty == false)
                #expect(try server.request("GET", "/api/v1/extensions/bad").status == 404)
                // Only the echo is left.
                #expect(eventually { !server.runsMisbehave })
                #expect(try server.echoWorks())
            }
        }

        @Test(
            "one with a hostile schema is refused by the name of what it breaks",
            arguments: [
                ("costly-schema", "the inputSchema of the tool 'costly' is refused"), ("huge-schema", "33554432 bytes"),
                ("large-schema", "the inputSchema of the tool 'costly' is refused: the schema is larger than 4194304"),
                ("wide-schema", "more than 200000 values"),
                ("deep-schema", "more than 128 levels of nesting"),
                ("endless-schema", "the inputSchema of the tool 'costly' is refused"),
            ]
        )
        func hostileSchemas(_ mode: String, _ words: String) async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let answer = try server.registerBad(["--mode", mode], loading: ["start_seconds": 60])
                #expect(answer.status == 422 && answer.code == "SMOKE_CHECK_FAILED", "\(answer.json.text.prefix(500))")
                let message = answer.json["error"]?["message"]?.string ?? ""
                #expect(message.contains(words) && message.utf8.count < 1000, "\(message.prefix(500))")
                #expect(try server.request("GET", "/api/v1/extensions/bad").status == 404)
                #expect(eventually { !server.runsMisbehave })
                #expect(try server.echoWorks())
            }
        }

        private static let oddStarts: [[String]] = [
            ["--mode", "exit-on-probe"], ["--mode", "flood-stderr"], ["--mode", "garbage"], ["--mode", "pages"],
            ["--modern"], ["--modern", "--mode", "garbage"], ["--modern", "--mode", "pages"],
        ]

        @Test("one that is only odd works", arguments: oddStarts)
        func odd(_ arguments: [String]) async throws {
            try await ServerFixture.with { server in
                let answer = try server.registerBad(arguments)
                #expect(answer.status == 201, "\(answer.json.text)")
                let list = try server.request("GET", "/api/v1/capabilities?extension=bad&limit=100").json
                let names = list["items"]?.array?.compactMap { $0["name"]?.string } ?? []
                #expect(names.count > 20 && Set(names).count == names.count)
                #expect(names.allSatisfy { $0.wholeMatch(of: /[A-Za-z0-9_.\-]{1,128}/) != nil }, "\(names)")
                #expect(try server.echoWorks("bad"))
                #expect(try server.echoWorks("bad"))
                #expect(try server.starts(of: "bad") == 1)
            }
        }

        @Test("a changed definition is held until somebody accepts it")
        func rugPull() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let added = try server.registerBad(["--mode", "rug-pull"])
                #expect(added.status == 201, "\(added.json.text)")
                // The check was the first start, so that this one finds other tools.
                let held = try server.call("bad", "echo", ["text": "x"])
                #expect(held.status == 409 && held.code == "DEFINITION_HELD", "\(held.json.text)")
                #expect(try server.call("bad", "echo", ["text": "x"]).code == "DEFINITION_HELD")
                #expect(try server.request("GET", "/api/v1/extensions/bad").json["held"]?.bool == true)
                #expect(try server.echoWorks())
                try server.restart()
                #expect(try server.call("bad", "echo", ["text": "x"]).code == "DEFINITION_HELD")

                let shown = try server.request("GET", "/api/v1/extensions/bad").json
                let change = shown["held_changes"]?.array?.first { $0["name"]?.string == "echo" }
                #expect(change?["offered"]?["description"]?.string?.contains("private keys") == true)
                #expect(change?["accepted"]?["description"]?.string?.contains("private keys") == false)
                let revision = try #require(shown["revision"]?.integer)
                let stale = ["If-Match": "\"\(revision - 1)\""]
                #expect(try server.request("POST", "/api/v1/extensions/bad/accept", headers: stale).status == 409)
                let accepted = try server.command("ext", "accept", "bad")
                #expect(accepted.status == 0, "\(accepted.error)")
                #expect(accepted.error.contains("'echo' is described differently"), "\(accepted.error)")
                #expect(try server.request("GET", "/api/v1/extensions/bad").json["held"]?.bool == false)
                #expect(try server.echoWorks("bad"))
                let list = try server.request("GET", "/api/v1/capabilities?extension=bad&limit=100").json
                let echo = list["items"]?.array?.first { $0["name"]?.string == "echo" }
                #expect(echo?["description"]?.string?.contains("private keys") == true)
            }
        }
    }
}

extension ServerFixture {
    /// Whether any process that the server started runs `misbehave.py`.
    var runsMisbehave: Bool {
        children.contains { ProcessTable.arguments(of: $0.processID).contains(misbehave) }
    }
}
