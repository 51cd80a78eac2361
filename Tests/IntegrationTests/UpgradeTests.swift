import Dispatch
import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Synchronization
import Testing

extension WholeServer {
    @Suite("Upgrades and rollbacks", .serialized)
    struct UpgradeTests {
        /// Writes a folder with a version of the extension `tool`, which answers with its version.
        private static func folder(
            _ server: ServerFixture,
            _ version: String,
            arguments: [String] = [],
            adding more: JSONValue = [:]
        ) throws -> String {
            let folder = "\(server.scratch.path)/tool-\(version)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var manifest: JSONValue = [
                "name": "tool", "version": .string(version),
                "runtime": [
                    "command": .array(([server.echo, "--mark", version] + arguments).map(JSONValue.string))
                ],
            ]
            if var object = manifest.object {
                for member in more.object?.members ?? [] { object[member.name] = member.value }
                manifest = .object(object)
            }
            try server.scratch.write("tool-\(version)/extension.json", manifest.text)
            return folder
        }

        private static func source(_ folder: String) -> JSONValue { ["kind": "directory", "path": .string(folder)] }

        private static func add(_ server: ServerFixture, _ folder: String) throws {
            let body: JSONValue = ["source": source(folder)]
            let added = try server.request("POST", "/api/v1/extensions", body: body.text)
            try #require(added.status == 201, "\(added.json.text)")
        }

        private static func upgrade(_ server: ServerFixture, _ folder: String, adding more: JSONValue = [:]) throws
            -> HTTPAnswer
        {
            var body = JSONObject(members: [.init(name: "source", value: source(folder))])
            for member in more.object?.members ?? [] { body[member.name] = member.value }
            return try server.request("POST", "/api/v1/extensions/tool/upgrade", body: JSONValue.object(body).text)
        }

        private static func version(_ server: ServerFixture) throws -> String? {
            try server.call("tool", "echo", ["text": ""]).toolText
        }

        private static func shown(_ server: ServerFixture) throws -> JSONValue {
            try server.request("GET", "/api/v1/extensions/tool").json
        }

        @Test("fail no call of sixteen clients that go on calling", .timeLimit(.minutes(5)))
        func underLoad() async throws {
            try await ServerFixture.with { server in
                let folders = try ["1.0.0", "2.0.0"].map { try Self.folder(server, $0) }
                try Self.add(server, folders[0])
                let isOver = Atomic(false)
                let wrong = Mutex<[String]>([])
                let seen = Mutex<[String: Int]>([:])
                let body = Array(#"{"parameters":{"text":"x"}}"#.utf8)
                let bytes = server.bytes("POST", ServerFixture.invocation("tool", "echo"), body: body)
                let port = server.port
                let clients = DispatchGroup()
                for number in 0..<16 {
                    // Each blocks in its socket, and has a thread of its own for that.
                    DispatchQueue(label: "client-\(number)")
                        .async(group: clients) {
                            do {
                                let connection = try HTTPConnection(port: port)
                                while !isOver.load(ordering: .relaxed) {
                                    connection.send(bytes)
                                    let answer = try connection.answer()
                                    if let text = answer.toolText, answer.status == 200 {
                                        seen.withLock { $0[text, default: 0] += 1 }
                                    } else {
                                        wrong.withLock { $0.append("\(answer.status) \(answer.json.text)") }
                                    }
                                    usleep(12_000)
                                }
                            } catch {
                                wrong.withLock { $0.append("\(error)") }
                            }
                        }
                }
                for round in 0..<4 {
                    let upgraded = try Self.upgrade(server, folders[1])
                    #expect(upgraded.status == 200, "\(round): \(upgraded.json.text)")
                    #expect(try Self.version(server) == "2.0.0")
                    usleep(200_000)
                    let back = try server.request("POST", "/api/v1/extensions/tool/rollback")
                    #expect(back.status == 200, "\(round): \(back.json.text)")
                    #expect(try Self.version(server) == "1.0.0")
                    usleep(200_000)
                }
                isOver.store(true, ordering: .relaxed)
                clients.wait()
                #expect(wrong.withLock(\.self).isEmpty, "\(wrong.withLock { $0.prefix(3) })")
                let counts = seen.withLock(\.self)
                #expect(counts.keys.sorted() == ["1.0.0", "2.0.0"] && counts.values.reduce(0, +) > 500, "\(counts)")
                // What was replaced is gone: one process serves.
                #expect(
                    eventually {
                        server.children.count { ProcessTable.arguments(of: $0.processID).first == server.echo } == 1
                    }
                )
            }
        }

        @Test("killed at any moment leave the old version or the new one, and no files of others")
        func killed() async throws {
            try await ServerFixture.with { server in
                let archives = try ["1.0.0", "2.0.0"]
                    .map { version in
                        let command: JSONValue = ["/usr/bin/python3", "misbehave.py"]
                        let folder = try Self.folder(server, version, adding: ["runtime": ["command": command]])
                        for script in ["misbehave.py", "probes.py"] {
                            let source = server.scratch.path + "/programs/" + script
                            try FileManager.default.copyItem(atPath: source, toPath: folder + "/" + script)
                        }
                        let archive = server.scratch.path + "/\(version).tar"
                        let packed = try ChildProcess(
                            ["/usr/bin/tar", "-cf", archive, "-C", folder, "."],
                            output: archive + ".log"
                        )
                        try #require(packed.wait(seconds: 30) == 0, "\(packed.text)")
                        return archive
                    }
                func source(_ archive: String) -> JSONValue { ["kind": "archive", "path": .string(archive)] }
                let body: JSONValue = ["source": source(archives[0])]
                let added = try server.request("POST", "/api/v1/extensions", body: body.text)
                try #require(added.status == 201, "\(added.json.text)")
                var generator = SplitMix64(seed: 11)
                var seen: Set<String> = []
                for round in 0..<max(8, DurabilityTests.rounds) {
                    let next = try Self.shown(server)["version"] == "1.0.0" ? archives[1] : archives[0]
                    let upgrade: JSONValue = ["source": source(next), "allow_downgrade": true]
                    let connection = try HTTPConnection(port: server.port)
                    let path = "/api/v1/extensions/tool/upgrade"
                    connection.send(server.bytes("POST", path, body: upgrade.bytes))
                    usleep(UInt32.random(in: 0...UInt32(300_000 * (round + 1)), using: &generator))
                    server.kill(SIGKILL)
                    try server.restart()
                    #expect(try server.call("tool", "echo", ["text": "hi"]).toolText == "hi")
                    let version = try #require(try Self.shown(server)["version"]?.string)
                    seen.insert(version)
                    let versions =
                        try server.request("GET", "/api/v1/extensions/tool/versions").json["items"]?.array ?? []
                    let files = try FileManager.default.contentsOfDirectory(atPath: server.data + "/packages")
                    #expect(
                        files.count == versions.count && ["1.0.0", "2.0.0"].contains(version),
                        "\(round): \(files)"
                    )
                }
                #expect(seen.count == 2, "it was killed too early, or too late, each time")
            }
        }

        @Test("let calls end where they began")
        func inFlight() async throws {
            try await ServerFixture.with { server in
                let folder = try Self.folder(server, "2.0.0")
                let registered = try server.register("tool", server.misbehaving([]))
                try #require(registered.status == 201, "\(registered.json.text)")
                let connection = try HTTPConnection(port: server.port)
                let body = Array(#"{"parameters":{"seconds":3}}"#.utf8)
                connection.send(server.bytes("POST", ServerFixture.invocation("tool", "sleep"), body: body))
                let started = eventually { (try? server.instances(of: "tool").first?["calls"]?.integer) == 1 }
                #expect(started)
                let upgraded = try Self.upgrade(server, folder, adding: ["accept": true])
                #expect(upgraded.status == 200 && upgraded.json["version"]?.string == "2.0.0", "\(upgraded.json.text)")
                #expect(try Self.version(server) == "2.0.0")
                let answer = try connection.answer()
                #expect(
                    answer.status == 200 && answer.json["execution_status"]?.string == "completed",
                    "\(answer.json.text)"
                )
            }
        }

        @Test("that ask for more, or offer other tools, wait until they are accepted, also over a restart")
        func held() async throws {
            try await ServerFixture.with { server in
                try Self.add(server, Self.folder(server, "1.0.0"))
                let more: JSONValue = ["permissions": ["read": ["/etc/hostname"]], "resources": ["memory_mb": 1024]]
                let folder = try Self.folder(server, "2.0.0", arguments: ["--description", "Evil."], adding: more)
                let parked = try Self.upgrade(server, folder)
                #expect(parked.status == 200 && parked.json["version"]?.string == "1.0.0", "\(parked.json.text)")
                let pending = try #require(parked.json["pending"])
                #expect(pending["version"]?.string == "2.0.0" && pending["tried"]?.bool == false)
                let lines = pending["new_permissions"]?.array?.compactMap(\.string) ?? []
                #expect(lines == ["reads /etc/hostname", "may use 1024 MB of memory (512 now)"], "\(lines)")
                try server.restart()
                #expect(try Self.version(server) == "1.0.0")
                #expect(try Self.shown(server)["pending"]?["version"]?.string == "2.0.0")

                // The permissions first, and then the tools that only show when it runs.
                let first = try server.request("POST", "/api/v1/extensions/tool/accept")
                #expect(first.json["version"]?.string == "1.0.0", "\(first.json.text)")
                let changes = first.json["pending"]?["changes"]?.array ?? []
                #expect(changes.map { $0["name"]?.string } == ["echo"] && first.json["pending"]?["tried"]?.bool == true)
                #expect(try Self.version(server) == "1.0.0")
                try server.restart()
                let second = try server.request("POST", "/api/v1/extensions/tool/accept")
                #expect(second.json["version"]?.string == "2.0.0" && second.json["pending"] == .null)
                #expect(try Self.version(server) == "2.0.0")
                #expect(try server.request("POST", "/api/v1/extensions/tool/accept").code == "INVALID_STATE_TRANSITION")
            }
        }

        @Test("and registrations of the same name at the same time do not mix")
        func atOnce() async throws {
            try await ServerFixture.with { server in
                let folders = try ["1.0.0", "2.0.0", "3.0.0"].map { try Self.folder(server, $0) }
                func race(_ path: String, _ bodies: [JSONValue]) throws -> [HTTPAnswer] {
                    let connections = try bodies.map { body in
                        let connection = try HTTPConnection(port: server.port)
                        connection.send(server.bytes("POST", path, body: body.bytes))
                        return connection
                    }
                    return try connections.map { try $0.answer() }
                }
                let bodies: [JSONValue] = [["source": Self.source(folders[0])], ["source": Self.source(folders[0])]]
                let added = try race("/api/v1/extensions", bodies)
                #expect(added.map(\.status).sorted() == [201, 409], "\(added.map(\.json.text))")
                let upgrades: [JSONValue] = [["source": Self.source(folders[1])], ["source": Self.source(folders[2])]]
                let upgraded = try race("/api/v1/extensions/tool/upgrade", upgrades)
                #expect(
                    upgraded.contains { $0.status == 200 }
                        && upgraded.allSatisfy { [200, 400, 409].contains($0.status) }
                )
                let version = try #require(try Self.version(server))
                #expect(try version != "1.0.0" && Self.shown(server)["version"]?.string == version)
                #expect(try server.command("ext", "index", "check").status == 0)
                try server.restart()
                #expect(try Self.version(server) == version)
            }
        }

        @Test("do not reach over a link that the version before put into its own folder")
        func plantedLink() async throws {
            try await ServerFixture.with { server in
                let shared = server.scratch.path + "/shared"
                try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
                try FileManager.default.createDirectory(
                    atPath: server.scratch.path + "/secret",
                    withIntermediateDirectories: true
                )
                chmod(shared, 0o777)
                try Self.add(
                    server,
                    Self.folder(server, "1.0.0", adding: ["permissions": ["write": [.string(shared)]]])
                )
                try FileManager.default.createSymbolicLink(
                    atPath: shared + "/x",
                    withDestinationPath: server.scratch.path + "/secret"
                )
                let asks: JSONValue = ["permissions": ["read": [.string(shared + "/x")]]]
                let parked = try Self.upgrade(server, Self.folder(server, "2.0.0", adding: asks))
                let lines = parked.json["pending"]?["new_permissions"]?.array?.compactMap(\.string) ?? []
                #expect(lines == ["reads \(shared)/x"] && parked.json["version"] == "1.0.0", "\(parked.json.text)")
            }
        }

        @Test("go back to what served before, however many came since, and are checked when they are accepted")
        func predecessors() async throws {
            try await ServerFixture.with { server in
                try Self.add(server, Self.folder(server, "1.0.0"))
                for version in ["2.0.0", "3.0.0", "4.0.0"] {
                    #expect(try Self.upgrade(server, Self.folder(server, version)).status == 200)
                }
                let first = try server.request("POST", "/api/v1/extensions/tool/rollback", body: #"{"generation":1}"#)
                #expect(first.json["version"] == "1.0.0", "\(first.json.text)")
                #expect(try Self.upgrade(server, Self.folder(server, "5.0.0")).status == 200)
                let back = try server.request("POST", "/api/v1/extensions/tool/rollback")
                let there = try server.request("GET", "/api/v1/extensions/tool/versions").json
                #expect(back.json["version"] == "1.0.0", "\(back.json.text) \(there.text)")

                try server.registerEcho("base")
                let needs: JSONValue = ["dependencies": ["base": ">=0.0.0"], "resources": ["memory_mb": 1024]]
                let parked = try Self.upgrade(server, Self.folder(server, "6.0.0", adding: needs))
                #expect(parked.json["pending"]?["version"] == "6.0.0", "\(parked.json.text)")
                #expect(try server.request("DELETE", "/api/v1/extensions/base").status == 204)
                let refused = try server.request("POST", "/api/v1/extensions/tool/accept")
                #expect(refused.code == "DEPENDENCY_UNSATISFIED", "\(refused.json.text)")
                #expect(try Self.version(server) == "1.0.0")
            }
        }

        @Test("that nobody accepts can be removed, or are replaced by the next one")
        func discarded() async throws {
            try await ServerFixture.with { server in
                try Self.add(server, Self.folder(server, "1.0.0"))
                for version in ["2.0.0", "3.0.0"] {
                    let folder = try Self.folder(server, version, arguments: ["--description", version])
                    #expect(try Self.upgrade(server, folder).json["pending"]?["version"]?.string == version)
                }
                let versions = try server.request("GET", "/api/v1/extensions/tool/versions").json["items"]?.array ?? []
                #expect(versions.map { $0["standing"]?.string } == ["current", "pending"], "\(versions)")
                let gone = try server.request("DELETE", "/api/v1/extensions/tool/pending")
                #expect(gone.status == 200 && gone.json["pending"] == .null, "\(gone.json.text)")
                #expect(
                    try server.request("DELETE", "/api/v1/extensions/tool/pending").code == "INVALID_STATE_TRANSITION"
                )
                #expect(try Self.version(server) == "1.0.0")
            }
        }

        @Test("that do not start, are of another name or older are refused, and the old version goes on")
        func refused() async throws {
            try await ServerFixture.with { server in
                try Self.add(server, Self.folder(server, "2.0.0"))
                let broken = try Self.folder(
                    server,
                    "3.0.0",
                    adding: [
                        "runtime": ["command": .array(server.misbehaving(["--mode", "exit"]).map(JSONValue.string))]
                    ]
                )
                #expect(
                    try Self.upgrade(server, broken).json["pending"]?["new_permissions"]?.text.contains("to run")
                        == true
                )
                #expect(try server.request("DELETE", "/api/v1/extensions/tool/pending").status == 200)
                #expect(try Self.upgrade(server, broken, adding: ["accept": true]).code == "SMOKE_CHECK_FAILED")
                let older = try Self.folder(server, "1.0.0")
                #expect(try Self.upgrade(server, older).code == "INVALID_VERSION")
                #expect(
                    try server.request("POST", "/api/v1/extensions/tool/rollback").code == "INVALID_STATE_TRANSITION"
                )
                let nobody = try server.request("POST", "/api/v1/extensions/nobody/upgrade")
                #expect(nobody.code == "EXTENSION_NOT_FOUND")
                let wrong = try server.request("POST", "/api/v1/extensions/tool/upgrade", body: #"{"to":"1"}"#)
                #expect(wrong.code == "INVALID_REQUEST")
                let stale = try server.request(
                    "POST",
                    "/api/v1/extensions/tool/rollback",
                    headers: ["If-Match": "\"77\""]
                )
                #expect(stale.code == "VERSION_CONFLICT")
                #expect(try Self.version(server) == "2.0.0" && Self.shown(server)["pending"] == .null)
                #expect(try Self.upgrade(server, older, adding: ["allow_downgrade": true]).status == 200)
                #expect(try Self.version(server) == "1.0.0")
            }
        }

        @Test("are told apart, kept, and pruned")
        func kept() async throws {
            try await ServerFixture.with { server in
                try Self.add(server, Self.folder(server, "1.0.0"))
                for number in 2...6 {
                    let folder = try Self.folder(
                        server,
                        "\(number).0.0",
                        adding: ["description": .string("The \(number).")]
                    )
                    #expect(try Self.upgrade(server, folder).status == 200)
                }
                let versions = try server.request("GET", "/api/v1/extensions/tool/versions").json["items"]?.array ?? []
                #expect(versions.compactMap { $0["generation"]?.integer }.suffix(4) == [3, 4, 5, 6], "\(versions)")
                let difference = try server.request("GET", "/api/v1/extensions/tool/diff?from=4").json
                let paths = difference["manifest"]?.array?.compactMap { $0["path"]?.string } ?? []
                #expect(paths == ["/version", "/description", "/runtime/command"], "\(difference.text)")
                let text = try server.command("ext", "diff", "tool")
                #expect(text.output.contains(#"/description: "The 5." -> "The 6.""#), "\(text)")
                #expect(try server.request("GET", "/api/v1/extensions/tool/diff?from=77").code == "INVALID_REQUEST")
                let back = try server.command("ext", "rollback", "tool", "--to", "3")
                #expect(back.status == 0 && back.output.contains("3.0.0 (it was 6.0.0)"), "\(back)")
                try server.restart()
                #expect(try Self.version(server) == "3.0.0")
                #expect(try server.request("DELETE", "/api/v1/extensions/tool").status == 204)
                #expect(try server.request("GET", "/api/v1/extensions/tool/versions").code == "EXTENSION_NOT_FOUND")
            }
        }

        @Test("by the command line say what they did, and what waits")
        func commandLine() async throws {
            try await ServerFixture.with { server in
                try Self.add(server, Self.folder(server, "1.0.0"))
                let plain = try server.command("ext", "upgrade", "tool", "--from", Self.folder(server, "1.1.0"))
                #expect(
                    plain.status == 0 && plain.output.contains("tool is active with 1.1.0 (it was 1.0.0)"),
                    "\(plain)"
                )
                let folder = try Self.folder(server, "2.0.0", arguments: ["--description", "New."])
                let parked = try server.command("ext", "upgrade", "tool", "--from", folder)
                #expect(parked.status == 1 && parked.error.contains("'echo' is described differently"), "\(parked)")
                #expect(try server.command("ext", "show", "tool").output.contains("2.0.0 waits to be accepted"))
                let accepted = try server.command("ext", "accept", "tool")
                #expect(accepted.status == 0 && accepted.output.contains("tool is active with 2.0.0"), "\(accepted)")
                let next = try Self.folder(server, "3.0.0", arguments: ["--description", "Newer."])
                let agreed = try server.command("ext", "upgrade", "tool", "--from", next, "--yes")
                #expect(agreed.status == 0 && agreed.output.contains("3.0.0"), "\(agreed)")
                #expect(try server.command("ext", "versions", "tool").output.contains("replaced"))
                #expect(try server.command("ext", "accept", "tool", "--discard").status != 0)
            }
        }
    }
}
