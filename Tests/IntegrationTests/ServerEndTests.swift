import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The beginning and the end of a server", .serialized)
    struct ServerEndTests {
        @Test("asked to end, it does so at once and leaves no child", arguments: [SIGTERM, SIGINT])
        func polite(signal: Int32) async throws {
            try await ServerFixture.with { server in
                try server.startTen()
                let children = server.children
                server.kill(signal)
                #expect(server.process.wait(seconds: 5) == 0, "\(server.log.suffix(2000))")
                #expect(children.areGone)
            }
        }

        @Test("asked to end at any moment of its start, it does so without a word")
        func early() async throws {
            try await ScratchDirectory.with { scratch in
                for round in 0..<16 {
                    let folder = "\(scratch.path)/\(round)"
                    let child = try ChildProcess(
                        [ServerFixture.program, "serve", "--port", "0", "--data-dir", folder, "--log-level", "error"],
                        output: folder + ".out",
                        error: folder + ".err"
                    )
                    if round % 2 == 0 {
                        #expect(eventually(seconds: 20) { child.text.contains("listening on") })
                    } else {
                        usleep(UInt32(round) * 10_000)
                    }
                    child.kill(SIGTERM)
                    let status = child.wait(seconds: 10)
                    // One that was not yet up ends as any process does.
                    #expect(status == 0 || (status == 128 + SIGTERM && !child.text.contains("listening on")))
                    #expect(readText(folder + ".err") == "")
                }
            }
        }

        @Test("asked to end, it ends stubborn extensions too")
        func stubborn() async throws {
            try await ServerFixture.with { server in
                let added = try server.registerBad(["--mode", "stubborn"])
                #expect(added.status == 201, "\(added.json.text)")
                #expect(try server.echoWorks("bad"))
                let children = server.children
                server.kill(SIGTERM)
                #expect(server.process.wait(seconds: 5) == 0)
                #expect(children.areGone)
            }
        }

        @Test("two cannot listen on one port, and the second says so")
        func samePort() async throws {
            try await ServerFixture.with { server in
                let other = server.scratch.path + "/other"
                let child = try ChildProcess(
                    [ServerFixture.program, "serve", "--port", String(server.port), "--data-dir", other],
                    output: other + ".log"
                )
                #expect(child.wait(seconds: 10) == 1)
                #expect(child.text.contains("another program listens on 127.0.0.1:\(server.port)"), "\(child.text)")
                #expect(try server.request("GET", "/healthz").status == 200)
            }
        }

        @Test("a call that is under way when it is asked to end is answered")
        func underWay() async throws {
            try await ServerFixture.with { server in
                let added = try server.registerBad()
                #expect(added.status == 201)
                #expect(try server.echoWorks("bad"))
                let connection = try HTTPConnection(port: server.port)
                let body = Array(#"{"parameters":{"seconds":1}}"#.utf8)
                connection.send(server.bytes("POST", ServerFixture.invocation("bad", "sleep"), body: body))
                #expect(
                    try eventually {
                        try server.request("GET", "/api/v1/status").json["calls"]?["in_flight"]?.integer == 1
                    }
                )
                server.kill(SIGTERM)
                #expect(try connection.answer().toolText == "slept")
                #expect(server.process.wait(seconds: 5) == 0)
            }
        }

        @Test("killed while ten extensions run, it takes them along")
        func killed() async throws {
            try await ServerFixture.with { server in
                try server.startTen()
                let added = try server.registerBad(["--mode", "stubborn"])
                #expect(added.status == 201)
                #expect(try server.echoWorks("bad"))
                let children = server.children
                #expect(children.count >= 11)
                server.kill(SIGKILL)
                #expect(server.process.wait(seconds: 5) == 128 + SIGKILL)
                #expect(eventually(seconds: 2) { children.areGone })
                #expect(ProcessTable.running(server.echo).isEmpty)
                try server.restart()
                #expect(try server.echoWorks("echo-3"))
            }
        }

        @Test("what an interrupted registration left is gone after the next start, and nothing else")
        func remains() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                #expect(try server.echoWorks())
                let folder = server.data + "/extensions/default/"
                let slow = try HTTPConnection(port: server.port)
                let body = server.registration("slow", server.misbehaving(["--mode", "silent"])).text
                slow.send(server.bytes("POST", "/api/v1/extensions", body: Array(body.utf8)))
                #expect(eventually(seconds: 5) { access(folder + "slow", F_OK) == 0 })
                let package = server.data + "/packages/ghost-0123abcd"
                let unknown = folder + "restored-by-somebody"
                try server.restart(signal: SIGKILL) {
                    for path in [package, unknown] {
                        let inner = URL(filePath: path + "/inner")
                        try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
                    }
                }
                #expect(access(folder + "slow", F_OK) != 0 && access(package, F_OK) != 0)
                #expect(access(folder + "echo", F_OK) == 0)
                #expect(access(unknown, F_OK) == 0, "nobody removes what nobody has made")
                #expect(try server.echoWorks())
            }
        }

        @Test("an extension that cannot be read keeps no other from running, and can be removed and registered again")
        func unreadable() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad().status == 201)
                try server.restart {
                    let script = """
                        import sqlite3
                        with sqlite3.connect("\(server.data)/heddle.sqlite") as database:
                            database.execute("UPDATE extension_version SET tools = '[' WHERE name = 'bad'")
                        """
                    let editor = try ChildProcess(
                        ["/usr/bin/python3", "-c", script],
                        output: server.scratch.path + "/editor.log"
                    )
                    #expect(editor.wait(seconds: 10) == 0, "\(editor.text)")
                }
                #expect(try server.echoWorks())
                #expect(server.log.contains("Cannot read an extension"))
                #expect(access(server.data + "/extensions/default/bad", F_OK) == 0)

                let refused = try server.registerBad()
                #expect(refused.code == "EXTENSION_EXISTS" && refused.json.text.contains("cannot be read"))
                let path = "/api/v1/extensions/bad"
                #expect(try server.request("DELETE", path, headers: ["If-Match": "\"1\""]).code == "VERSION_CONFLICT")
                let removed = try server.command("ext", "remove", "bad")
                #expect(removed.status == 0, "\(removed)")
                #expect(access(server.data + "/extensions/default/bad", F_OK) != 0)
                #expect(try server.request("DELETE", path).code == "EXTENSION_NOT_FOUND")
                #expect(try server.registerBad().status == 201)
                try server.restart()
                #expect(try server.request("GET", path).status == 200 && server.echoWorks())
                #expect(!server.log.contains("Cannot read an extension"))
            }
        }

        @Test("killed while it starts an extension, it leaves nothing behind")
        func killedWhileStarting() async throws {
            try await ServerFixture.with { server in
                let registration = server.registration("bad", server.misbehaving(["--mode", "silent"]))
                let connection = try HTTPConnection(port: server.port)
                connection.send(server.bytes("POST", "/api/v1/extensions", body: registration.bytes))
                #expect(eventually { server.runsMisbehave })
                let children = server.children
                server.kill(SIGKILL)
                #expect(eventually(seconds: 2) { children.areGone })
                try server.restart()
                #expect(try server.request("GET", "/api/v1/extensions/bad").status == 404)
                #expect(server.children.isEmpty)
            }
        }

        @Test("it ends when a client or the command line asks it to", arguments: [false, true])
        func asked(byCommand: Bool) async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                #expect(try server.echoWorks())
                let children = server.children
                if byCommand {
                    let result = try server.command("stop")
                    #expect(result.status == 0, "\(result.error)")
                } else {
                    #expect(try server.request("POST", "/api/v1/shutdown").status == 202)
                }
                #expect(server.process.wait(seconds: 5) == 0)
                #expect(children.areGone)
            }
        }

        @Test("the bridge starts it when none runs, with the bridge's token, and it outlives the bridge")
        func startedByBridge() async throws {
            try await ScratchDirectory.with { scratch in
                let port = try freePort()
                let words = ["--server", "http://127.0.0.1:\(port)", "--data-dir", scratch.path + "/data"]
                let token = "a-token-for-this-test"
                let bridge = try ChildProcess(
                    [ServerFixture.program, "mcp", "--token", token] + words,
                    output: scratch.path + "/bridge.out",
                    takesInput: true
                )
                bridge.type(
                    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","#
                        + #""capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#
                )
                #expect(eventually(seconds: 20) { bridge.text.contains(#""serverInfo""#) }, "\(bridge.text)")
                bridge.closeInput()
                #expect(bridge.wait(seconds: 10) == 0)
                let connection = try HTTPConnection(port: port)
                connection.send(
                    Array(
                        "GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8
                    )
                )
                let status = try connection.answer()
                #expect(status.status == 200, "\(status.json.text)")
                let servers = {
                    ProcessTable.all.filter { process in
                        let words = ProcessTable.arguments(of: process)
                        return words.contains("serve") && words.contains(scratch.path + "/data")
                    }
                }
                let server = try #require(servers().first)
                defer { for server in servers() { kill(server, SIGKILL) } }
                #expect(!ProcessTable.arguments(of: server).contains(token))
                kill(server, SIGTERM)
                #expect(eventually(seconds: 10) { servers().isEmpty })
            }
        }

        /// A port that nobody listens on at this moment.
        private func freePort() throws -> Int {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isBound = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
                }
            }
            try #require(isBound)
            return Int(in_port_t(bigEndian: address.sin_port))
        }

        @Test("a second server on the same data is refused")
        func locked() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let second = try server.refusedStart(["--port", "0", "--data-dir", server.data])
                #expect(second.status != 0)
                #expect(second.text.contains("DATA_DIRECTORY_LOCKED"), "\(second.text)")
                #expect(try server.echoWorks())
            }
        }

        @Test("what makes no safe server is refused by name")
        func refused() async throws {
            try await ServerFixture.with { server in
                let data = server.scratch.path + "/other"
                let base = ["--port", "0", "--data-dir", data]
                let open = try server.refusedStart(base + ["--host", "0.0.0.0"])
                #expect(open.status != 0)
                #expect(open.text.contains("token"), "\(open.text)")

                try server.scratch.write("bad.yaml", "http:\n  prot: 7\n")
                let key = try server.refusedStart(base + ["--config", server.scratch.path + "/bad.yaml"])
                #expect(key.status != 0)
                #expect(
                    key.text.contains("/http/prot is not known here; did you mean 'port'?")
                        && key.text.contains("INVALID_CONFIGURATION"),
                    "\(key.text)"
                )

                try server.scratch.write("worse.json", #"{"http":{"max_body_mb":"lots"}}"#)
                let type = try server.refusedStart(base + ["--config", server.scratch.path + "/worse.json"])
                #expect(type.status != 0)
                #expect(type.text.contains("/http/max_body_mb is a string"), "\(type.text)")

                let variable = try server.refusedStart(base, environment: ["HEDDLE_STORE_BATCH_MAX_ITEMS": "-1"])
                #expect(variable.status != 0)
                #expect(variable.text.contains("HEDDLE_STORE_BATCH_MAX_ITEMS is smaller than 1"), "\(variable.text)")
                let port = try server.refusedStart(["--port", String(server.port), "--data-dir", data])
                #expect(port.status != 0 && !port.text.isEmpty)
            }
        }
    }
}

extension ServerFixture {
    /// Registers ten extensions and calls each, so that ten processes run.
    fileprivate func startTen() throws {
        for number in 0..<10 {
            try registerEcho("echo-\(number)")
            #expect(try echoWorks("echo-\(number)"))
        }
        #expect(ProcessTable.running(echo).count == 10)
    }

    /// Starts another server that has to end by itself.
    fileprivate func refusedStart(
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> (status: Int32, text: String) {
        let output = scratch.path + "/refused-\(ContinuousClock.now.hashValue).log"
        let child = try ChildProcess([Self.program, "serve"] + arguments, environment: environment, output: output)
        guard let status = child.wait(seconds: 10) else {
            Issue.record("it started after all: \(child.text)")
            return (0, child.text)
        }
        return (status, child.text)
    }
}
