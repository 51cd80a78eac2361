import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    /// Through the whole server, as whoever runs the tests: root here, an ordinary user elsewhere.
    @Suite("Ways out of the sandbox", .serialized)
    struct EscapeTests {
        private static let canary = "canary-0123456789abcdef"
        private static let secrets = ["HEDDLE_TOKEN": canary, "OTHER_SECRET": canary]

        @Test("there is none")
        func escapes() async throws {
            try await ServerFixture.with(environment: Self.secrets) { server in
                try server.scratch.write("outside.txt", "secret")
                try server.registerEcho()
                let added = try server.registerBad()
                try #require(added.status == 201, "\(added.json.text)")
                #expect(try server.echoWorks())
                // Leaves a line in the audit log.
                try server.request("POST", "/api/v1/configuration/reload")
                let process = String(server.process.processID)
                let other = try #require(ProcessTable.running(server.echo).first)
                let closed: [(String, String)] = [
                    ("shadow", ""), ("write_usr", ""), ("mount", ""), ("ptrace", ""), ("ptrace", process),
                    ("ptrace", String(other)), ("userns", ""), ("setuid", ""), ("chroot", ""), ("raw_socket", ""),
                    ("kill", process), ("kill", String(other)),
                    ("connect", "127.0.0.1:\(server.port)"), ("connect", "[::1]:\(server.port)"),
                    ("connect", "1.1.1.1:53"), ("connect", "169.254.169.254:80"),
                    ("read", server.data + "/token"), ("read", server.data + "/heddle.sqlite"),
                    ("read", server.data + "/audit.log"),
                    ("read", server.scratch.path + "/outside.txt"), ("read", "/proc/\(process)/environ"),
                    ("read", TestEnvironment.checkout + "/Package.swift"),
                    ("write", server.scratch.path + "/programs/probe"), ("write", "/etc/probe"), ("write", "/probe"),
                    ("write", server.data + "/probe"),
                ]
                for (what, target) in closed {
                    let answer = try server.probe(what, target)
                    #expect(answer["allowed"]?.bool == false, "\(what) \(target): \(answer.text)")
                }
                // Process 1 is the sandbox's own; as an ordinary user it may be read, and knows as little.
                let first = try server.probe("init_environ", "")
                #expect(geteuid() != 0 || first["allowed"]?.bool == false)
                #expect(!first.text.contains(Self.canary) && !first.text.contains("HEDDLE_"), "\(first.text)")
                // The folder above the programs is made of the sandbox's own /tmp, where an ordinary user may write.
                let path = server.scratch.path
                let written = try server.probe("write", path + "/probe")
                #expect(geteuid() != 0 || written["allowed"]?.bool == false)
                #expect(access(path + "/probe", F_OK) != 0 && access(path + "/programs/probe", F_OK) != 0)
            }
        }

        @Test("it sees its own processes, its own environment and its own folder only")
        func view() async throws {
            try await ServerFixture.with(environment: Self.secrets) { server in
                try server.registerEcho()
                let added = try server.registerBad()
                try #require(added.status == 201, "\(added.json.text)")
                #expect(try server.echoWorks())

                let processes = try server.probe("pids")["value"]?.object?.members ?? []
                #expect(!processes.isEmpty && processes.count < 5)
                let lines = processes.compactMap(\.value.string)
                #expect(!lines.contains { $0.contains("heddle-echo") || $0.contains("heddle serve") }, "\(lines)")

                let environment = try server.probe("environ")["value"]
                let variables = environment?.object?.members.map(\.name) ?? []
                #expect(!variables.isEmpty && !variables.contains { $0.hasPrefix("HEDDLE_") }, "\(variables)")
                #expect(environment?.text.contains(Self.canary) == false)

                let interfaces = try server.probe("interfaces")["value"]?.array ?? []
                #expect(interfaces.allSatisfy { $0.string == "lo" }, "\(interfaces)")
                #expect(try server.probe("descriptors")["value"]?.array?.count ?? 100 <= 4)

                let identity = try server.probe("identity")["value"]
                #expect(identity?["CapEff"]?.string == "0000000000000000")
                #expect(identity?["CapPrm"]?.string == "0000000000000000")
                #expect(identity?["NoNewPrivs"]?.string == "1")
                #expect(identity?["Seccomp"]?.string == "2")
                if getuid() == 0 {
                    #expect(identity?["Uid"]?.string?.hasPrefix("0") == false, "\(identity?.text ?? "")")
                }
                #expect(try server.probe("write", "/data/own")["allowed"]?.bool == true)
            }
        }

        @Test("what is granted is open, and nothing beside it")
        func granted() async throws {
            try await ServerFixture.with { server in
                try server.scratch.write("readable/a.txt", "hello")
                try server.scratch.write("hidden/b.txt", "secret")
                let path = server.scratch.path
                let registration = server.registration(
                    "bad",
                    server.misbehaving([]),
                    grants: ["read": [.string(path + "/readable")], "environment": ["GREETING": "hi"]]
                )
                let added = try server.request("POST", "/api/v1/extensions", body: registration.text)
                try #require(added.status == 201, "\(added.json.text)")
                #expect(try server.probe("read", path + "/readable/a.txt")["value"]?.string == "hello")
                #expect(try server.probe("write", path + "/readable/c.txt")["allowed"]?.bool == false)
                #expect(try server.probe("read", path + "/hidden/b.txt")["allowed"]?.bool == false)
                #expect(try server.probe("read", path + "/readable/../hidden/b.txt")["allowed"]?.bool == false)
                #expect(try server.probe("environ")["value"]?["GREETING"]?.string == "hi")
            }
        }

        @Test("the server's own data is never granted")
        func ownData() async throws {
            try await ServerFixture.with { server in
                for grant in ["read", "write"] {
                    for path in [server.data, server.data + "/token", server.scratch.path, "/"] {
                        let grants: JSONValue = .object(
                            JSONObject(members: [.init(name: grant, value: [.string(path)])])
                        )
                        let registration = server.registration("bad", server.misbehaving([]), grants: grants)
                        let answer = try server.request("POST", "/api/v1/extensions", body: registration.text)
                        #expect(answer.code == "GRANT_REFUSED", "\(grant) \(path): \(answer.json.text)")
                    }
                }
            }
        }
    }
}

extension ServerFixture {
    /// What came of an attempt of the extension `bad`.
    fileprivate func probe(_ what: String, _ target: String = "") throws -> JSONValue {
        try call("bad", "probe", ["what": .string(what), "target": .string(target)]).structured ?? .null
    }
}
