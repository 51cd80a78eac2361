import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The configuration commands", .serialized)
    struct ConfigurationCommandTests {
        private struct Outcome {
            let status: Int32
            let output: String
            let error: String

            var json: JSONValue { (try? JSONValue(parsing: Array(output.utf8))) ?? .null }
        }

        /// Runs a command without a server.
        private static func run(
            _ arguments: [String],
            in scratch: ScratchDirectory,
            environment: [String: String] = [:],
            input: String? = nil
        ) throws -> Outcome {
            let base = scratch.path + "/out-\(UUID().uuidString)"
            let nowhere = ["HEDDLE_SERVER": "http://127.0.0.1:1", "HEDDLE_DATA_DIR": scratch.path + "/data"]
            let child = try ChildProcess(
                [ServerFixture.program, "config"] + arguments,
                environment: nowhere.merging(environment) { $1 },
                output: base,
                error: base + ".err",
                takesInput: input != nil
            )
            if let input {
                child.type(input)
                child.closeInput()
            }
            let status = try #require(child.wait(seconds: 60))
            return Outcome(status: status, output: child.text, error: readText(base + ".err"))
        }

        private static func audit(_ scratch: ScratchDirectory) -> [JSONValue] {
            readText(scratch.path + "/data/audit.log").split(separator: "\n")
                .map { line in
                    (try? JSONValue(parsing: Array(line.utf8))) ?? .null
                }
        }

        @Test("get prints a value for scripts and tells where it is from, or which name was meant")
        func get() async throws {
            try await ScratchDirectory.with { scratch in
                let environment = ["HEDDLE_PORT": "8000", "HEDDLE_TOKEN": "hunter2hunter2hunter2"]
                let plain = try Self.run(["get", "http.port"], in: scratch, environment: environment)
                #expect(plain.status == 0 && plain.output == "8000\n", "\(plain)")
                let json = try Self.run(["get", "http.port", "-o", "json"], in: scratch, environment: environment).json
                #expect(
                    json == [
                        "key": "http.port", "value": "8000", "source": "environment", "origin": "HEDDLE_PORT",
                        "reloadable": false,
                    ]
                )
                let secret = try Self.run(["get", "security.token"], in: scratch, environment: environment)
                #expect(secret.status == 0 && secret.output == "***\n", "\(secret)")
                for (name, meant) in [
                    ("http.prot", "http.port"), ("level", "log.level"), ("HEDDLE_LOG_LEVEL", "log.level"),
                ] {
                    let unknown = try Self.run(["get", name], in: scratch)
                    #expect(unknown.status == 4 && unknown.error.contains("did you mean '\(meant)'?"), "\(unknown)")
                }
                let far = try Self.run(["get", String(repeating: "x", count: 5000)], in: scratch)
                #expect(far.status == 4 && far.error.utf8.count < 300)
            }
        }

        @Test("set changes the file of the running server, and reload brings it there")
        func whole() async throws {
            try await ServerFixture.with(
                prepare: { scratch in
                    try scratch.write("heddle.yaml", "# ours\nlog: {level: info} # loud\n")
                    return ["HEDDLE_CONFIG": scratch.path + "/heddle.yaml"]
                },
                { server in
                    let path = server.scratch.path + "/heddle.yaml"
                    let set = try server.command("config", "set", "log.level", "debug")
                    #expect(set.status == 0 && set.output.contains("'info' -> 'debug'"), "\(set)")
                    #expect(readText(path) == "# ours\nlog: {level: debug} # loud\n")
                    #expect(try server.command("config", "get", "log.level").output == "info\n")
                    #expect(try server.command("config", "reload").output == "log.level: 'info' -> 'debug'\n")
                    let show = try server.command("config", "show")
                    #expect(show.output.contains("file \(path)"), "\(show)")
                    #expect(try server.command("config", "get", "log.level").output == "debug\n")
                    #expect(try server.command("config", "reload").output == "nothing changed\n")
                    let unset = try server.command("config", "set", "log.level", "--unset", "-o", "json")
                    let expected: JSONValue = [
                        "file": .string(path), "key": "log.level", "old": "debug", "new": "", "changed": true,
                    ]
                    #expect(try JSONValue(parsing: Array(unset.output.utf8)) == expected)
                    let fixture = ConfigurationFixture(server: server)
                    #expect(
                        fixture.audit.compactMap { $0["action"]?.string } == [
                            "config.set", "config.reload", "config.reload", "config.unset",
                        ]
                    )
                    #expect(fixture.audit.first?["principal"]?.string?.isEmpty == false)
                    #expect(fixture.audit.first?["origin"] == "commandLine")
                }
            )
        }

        @Test("set keeps secrets to itself, and takes them from standard input")
        func secrets() async throws {
            try await ScratchDirectory.with { scratch in
                try FileManager.default.createDirectory(
                    atPath: scratch.path + "/data",
                    withIntermediateDirectories: true
                )
                let (path, secret) = (scratch.path + "/h.yaml", "geheim-geheim-geheim")
                let set = ["set", "security.token", "-", "--config", path]
                let first = try Self.run(set, in: scratch, input: secret)
                #expect(first.status == 0 && readText(path) == "security:\n  token: \(secret)\n", "\(first)")
                let second = try Self.run(set + ["-o", "json"], in: scratch, input: "another-geheim-geheim")
                #expect(second.json["old"] == "***" && second.json["new"] == "***")
                let refused = try Self.run(set, in: scratch, input: "geheim")
                #expect(refused.status == 2 && refused.error.contains("INVALID_CONFIGURATION"), "\(refused)")
                let audit = Self.audit(scratch)
                #expect(audit.compactMap { $0["result"]?.string } == ["done", "done", "refused"])
                let told = [first, second, refused].map { $0.output + $0.error } + audit.map(\.text)
                #expect(told.allSatisfy { !$0.contains("geheim") })
                let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path + "/data/audit.log")
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }

        @Test("set refuses what it cannot do, each with its status")
        func refusals() async throws {
            try await ScratchDirectory.with { scratch in
                let path = scratch.path + "/h.yaml"
                let cases: [([String], Int32, String)] = [
                    (["http.prot", "1", "--config", path], 4, "did you mean 'http.port'?"),
                    (["http.port", "x", "--config", path], 2, "/http/port is a string"),
                    (["http.port", "--config", path], 2, "Give either a value or --unset."),
                    (["http.port", "1", "--unset", "--config", path], 2, "Give either a value or --unset."),
                    (["http.port", "1"], 2, "--config or HEDDLE_CONFIG"),
                    (["http.port", "1", "--config", scratch.path], 2, "is a folder"),
                    (["http.port", "1", "--config", "/sys/heddle.yaml"], 5, "PERMISSION_DENIED"),
                    (["http.port", "1", "--config", scratch.path + "/no/h.yaml"], 1, "PATH_NOT_READABLE"),
                ]
                for (arguments, status, words) in cases {
                    let outcome = try Self.run(["set"] + arguments, in: scratch)
                    #expect(outcome.status == status && outcome.error.contains(words), "\(arguments): \(outcome)")
                }
                #expect(!FileManager.default.fileExists(atPath: path))
                // There is no data directory, so there is no audit log and nothing is made for one.
                #expect(!FileManager.default.fileExists(atPath: scratch.path + "/data"))
            }
        }

        @Test("several sets at once all stay")
        func together() async throws {
            try await ScratchDirectory.with { scratch in
                let path = scratch.path + "/h.yaml"
                let changes = [
                    "http.port": "1", "http.max_body_mb": "2", "extensions.maximum": "3", "log.level": "error",
                    "sandbox.maximum_processes": "4", "shutdown.grace_seconds": "5", "store.batch.max_items": "6",
                    "store.batch.max_queue": "7",
                ]
                let children = try changes.map { key, value in
                    try ChildProcess(
                        [ServerFixture.program, "config", "set", key, value, "--config", path],
                        environment: ["HEDDLE_DATA_DIR": scratch.path + "/data"],
                        output: scratch.path + "/out-\(key)"
                    )
                }
                for child in children { #expect(child.wait(seconds: 60) == 0, "\(child.text)") }
                let shown =
                    try Self.run(["show", "--config", path, "-o", "json"], in: scratch).json["items"]?.array ?? []
                for (key, value) in changes {
                    #expect(shown.first { $0["key"]?.string == key }?["value"]?.string == value, "\(key)")
                }
            }
        }

        @Test("validate tells every fault of the file and of the environment at once")
        func validate() async throws {
            try await ScratchDirectory.with { scratch in
                try scratch.write("h.yaml", "http: {port: x, prot: 1}\nlog: {level: loud}\n")
                let path = scratch.path + "/h.yaml"
                let environment = ["HEDDLE_EXTENSIONS_MAXIMUM": "0", "HEDDLE_STORE": "1"]
                let bad = try Self.run(["validate", path], in: scratch, environment: environment)
                #expect(bad.status == 1 && bad.error.isEmpty, "\(bad)")
                let places = bad.output.split(separator: "\n").map { $0.prefix { $0 != " " } }.sorted()
                #expect(
                    places == ["/http/port", "/http/prot", "/log/level", "HEDDLE_EXTENSIONS_MAXIMUM", "HEDDLE_STORE"]
                )
                let json = try Self.run(["validate", path, "-o", "json"], in: scratch, environment: environment)
                #expect(json.status == 1 && json.json["valid"] == false && json.json["violations"]?.array?.count == 5)
                try scratch.write("h.yaml", "http: {port: 1}\n")
                for arguments in [["validate", path], ["validate"]] {
                    let good = try Self.run(arguments, in: scratch, environment: ["HEDDLE_CONFIG": path])
                    #expect(good.status == 0 && good.output == "valid\n", "\(good)")
                }
                try scratch.write("broken.json", #"{"security":{"token":"hunter2hunter2hunter2"#)
                for file in ["broken.json", "none.yaml", "data"] {
                    let broken = try Self.run(["validate", "\(scratch.path)/\(file)"], in: scratch)
                    #expect(broken.status == 1 && broken.output.hasPrefix("\(scratch.path)/\(file) "), "\(broken)")
                    #expect(!broken.output.contains("hunter2"))
                }
                let open = try Self.run(["validate"], in: scratch, environment: ["HEDDLE_HOST": "0.0.0.0"])
                #expect(open.status == 1 && open.output.hasPrefix("security.token has to be set"), "\(open)")
            }
        }

        @Test("docs prints the reference that is committed, and reload without a server says so")
        func docs() async throws {
            try await ScratchDirectory.with { scratch in
                let docs = try Self.run(["docs"], in: scratch)
                #expect(docs.output == readText(TestEnvironment.checkout + "/docs/configuration.md"))
                #expect(try Self.run(["reload"], in: scratch).status == 3)
            }
        }
    }
}
