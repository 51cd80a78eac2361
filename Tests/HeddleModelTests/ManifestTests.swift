import HeddleModel
import JSON
import Testing

@Suite("A manifest")
struct ManifestTests {
    private static let smallest = #""name":"time","version":"1.0.0","runtime":{"command":"mcp-server-time"}"#

    private static func manifest(_ members: String) throws(HeddleError) -> Manifest {
        try Manifest(parsing: Array("{\(members)}".utf8))
    }

    @Test("of three members has every default")
    func defaults() throws {
        let manifest = try Self.manifest(Self.smallest)
        #expect(manifest.name.rawValue == "time")
        #expect(manifest.version == SemanticVersion(major: 1, minor: 0, patch: 0))
        #expect(manifest.description == nil)
        #expect(manifest.runtime == Manifest.Runtime(kind: .mcpStdio, command: ["mcp-server-time"]))
        #expect(manifest.permissions == Grants())
        #expect(manifest.resources == ResourceLimits())
        #expect(manifest.loading == Manifest.Loading(idleSeconds: 300, startSeconds: 30))
    }

    @Test("with every member survives being written and read")
    func roundTrip() throws {
        let text = ##"""
            "name": "git", "version": "2.1.0-rc.1+abc", "description": "Reads \"repositories\".",
            "runtime": {"kind": "mcp-stdio", "command": ["python3", "-m"], "args": ["mcp_server_git", "é"]},
            "permissions": {
                "level": "none", "read": ["/srv"], "write": ["/var/x"], "network": ["example.com:443", "[::1]:80"],
                "environment": {"A": "1", "_b": ""}, "secrets": {"TOKEN": "/run/token"}, "working_directory": "/srv"
            },
            "resources": {
                "memory_mb": 256, "processes": 8, "open_files": 64, "file_mb": 2, "temporary_mb": 3, "cpu_percent": 50
            },
            "loading": {"idle_seconds": 5, "start_seconds": 7},
            "author": "Ada", "license": "MIT", "homepage": null, "keywords": ["a"]
            """##
        let manifest = try Self.manifest(text)
        #expect(manifest.runtime.command == ["python3", "-m", "mcp_server_git", "é"])
        #expect(manifest.permissions.level == .none)
        #expect(
            manifest.permissions.network
                == .hosts([.init(host: "example.com", port: 443), .init(host: "::1", port: 80)])
        )
        #expect(manifest.resources.memoryBytes == 256 << 20)
        #expect(manifest.resources.cpuPercent == 50)
        #expect(try Manifest(parsing: manifest.value.bytes) == manifest)
        let plain = try Self.manifest(Self.smallest)
        #expect(try Manifest(parsing: plain.value.bytes) == plain)
    }

    @Test("with null in place of an optional member has its default")
    func nulls() throws {
        let members = ["description", "permissions", "resources", "loading"].map { ",\"\($0)\":null" }.joined()
        #expect(try Self.manifest(Self.smallest + members) == Self.manifest(Self.smallest))
    }

    @Test(
        "that breaks its schema is refused with the place",
        arguments: [
            (#""version":"1.0.0","runtime":{"command":"x"}"#, " required"),
            (#""name":null,"version":"1.0.0","runtime":{"command":"x"}"#, "/name type"),
            (#""name":7,"version":"1.0.0","runtime":{"command":"x"}"#, "/name type"),
            (#""name":"Time","version":"1.0.0","runtime":{"command":"x"}"#, "/name pattern"),
            (#""name":"time","runtime":{"command":"x"}"#, " required"),
            (#""name":"time","version":1,"runtime":{"command":"x"}"#, "/version type"),
            (#""name":"time","version":"1.0","runtime":{"command":"x"}"#, "/version pattern"),
            (#""name":"time","version":"1.0.0""#, " required"),
            (#""name":"time","version":"1.0.0","runtime":"x""#, "/runtime type"),
            (#""name":"time","version":"1.0.0","runtime":{}"#, "/runtime required"),
            (#""name":"time","version":"1.0.0","runtime":{"command":[]}"#, "/runtime/command minItems"),
            (#""name":"time","version":"1.0.0","runtime":{"command":""}"#, "/runtime/command pattern"),
            (#""name":"time","version":"1.0.0","runtime":{"command":[""]}"#, "/runtime/command/0 pattern"),
            (#""name":"time","version":"1.0.0","runtime":{"command":7}"#, "/runtime/command anyOf"),
            (#""name":"time","version":"1.0.0","runtime":{"command":["x",7]}"#, "/runtime/command/1 type"),
            (##""name":"time","version":"1.0.0","runtime":{"command":"x\u0000"}"##, "/runtime/command pattern"),
            (##""name":"time","version":"1.0.0","runtime":{"command":["\u0000"]}"##, "/runtime/command/0 pattern"),
            (#""name":"time","version":"1.0.0","runtime":{"command":"x","args":"y"}"#, "/runtime/args type"),
            (
                #""name":"time","version":"1.0.0","runtime":{"command":"x","env":{}}"#,
                "/runtime/env additionalProperties"
            ),
            (#""name":"time","version":"1.0.0","runtime":{"command":"x","kind":"mcp-http"}"#, "/runtime/kind enum"),
            (smallest + #","colour":1"#, "/colour additionalProperties"),
            (smallest + #","description":[]"#, "/description type"),
            (smallest + #","permissions":[]"#, "/permissions anyOf"),
            (smallest + #","permissions":{"disk":true}"#, "/permissions/disk additionalProperties"),
            (smallest + #","permissions":{"read":"/x"}"#, "/permissions/read type"),
            (smallest + #","permissions":{"read":["x"]}"#, "/permissions/read/0 pattern"),
            (smallest + #","resources":{"memory_mb":"512"}"#, "/resources/memory_mb type"),
            (smallest + #","resources":{"memory_mb":7}"#, "/resources/memory_mb minimum"),
            (smallest + #","resources":{"memory_mb":8.5}"#, "/resources/memory_mb type"),
            (smallest + #","resources":{"memory_mb":1048577}"#, "/resources/memory_mb maximum"),
            (smallest + #","resources":{"processes":0}"#, "/resources/processes minimum"),
            (smallest + #","resources":{"disk_mb":1}"#, "/resources/disk_mb additionalProperties"),
            (smallest + #","loading":{"idle_seconds":0}"#, "/loading/idle_seconds minimum"),
            (smallest + #","loading":{"start_seconds":601}"#, "/loading/start_seconds maximum"),
            (smallest + #","loading":{"strategy":"lazily"}"#, "/loading/strategy enum"),
            (smallest + #","loading":{"priority":1001}"#, "/loading/priority maximum"),
            (smallest + #","type":"tool""#, "/type enum"),
            (smallest + #","capabilities":["a b"]"#, "/capabilities/0 pattern"),
            (smallest + #","capabilities":[{"tools":["t"]}]"#, "/capabilities/0 required"),
            (smallest + #","isolation":"user""#, "/isolation enum"),
            (smallest + #","sandbox":{"level":"none"}"#, "/sandbox/level enum"),
            (smallest + #","scaling":{"rules":[{"trigger":"mood"}]}"#, "/scaling/rules/0/trigger enum"),
            (
                smallest + #","lifecycle_hooks":{"mid_install":"x"}"#,
                "/lifecycle_hooks/mid_install additionalProperties"
            ),
            (smallest + #","health_check":{"timeout_seconds":0}"#, "/health_check/timeout_seconds minimum"),
            (smallest + #","compatibility":{"platforms":["beos"]}"#, "/compatibility/platforms/0 enum"),
            (smallest + #","integrations":[{}]"#, "/integrations/0 required"),
            (smallest + #","publisher":{}"#, "/publisher required"),
        ]
    )
    func refuses(_ members: String, _ violation: String) {
        let error = #expect(throws: HeddleError.self) { try Self.manifest(members) }
        #expect(error?.code == .invalidManifest)
        #expect(error?.violations.map { "\($0.path) \($0.keyword)" } == [violation], "\(String(describing: error))")
    }

    @Test("that breaks several rules is told all of them at once")
    func several() {
        let error = #expect(throws: HeddleError.self) {
            try Self.manifest(##""name":"Time","verison":"1.0.0","runtime":{"command":"x","args":[1]}"##)
        }
        #expect(
            error?.violations.map(\.description) == [
                "/name does not match '^(?!.*__)[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9-])?$': 1 to 64 of a-z, 0-9, '-' and single '_', starting with a letter or digit",
                "/verison is not known here; did you mean 'version'?", "/runtime/args/0 is a number, not a string",
                "the value has no 'version', which is required",
            ]
        )
        #expect(error?.message.hasSuffix("; and 1 more") == true)
    }

    @Test("takes the configuration that its schema allows, and says all that is wrong with another")
    func configuration() throws {
        let schema =
            #"{"type":"object","required":["city"],"properties":{"city":{"type":"string"}},"additionalProperties":false}"#
        let manifest = try Self.manifest(Self.smallest + ",\"configuration_schema\":\(schema)")
        #expect(try Manifest(parsing: manifest.value.bytes) == manifest)
        #expect(try manifest.checkedConfiguration(["city": "Oslo"]) == ["city": "Oslo"])
        let missing = #expect(throws: HeddleError.self) { try manifest.checkedConfiguration(nil) }
        #expect(missing?.code == .invalidRequest && missing?.violations.map(\.keyword) == ["required"])
        let wrong = #expect(throws: HeddleError.self) { try manifest.checkedConfiguration(["city": 7, "town": 1]) }
        #expect(wrong?.violations.map(\.path) == ["/city", "/town"])
        let long = String(repeating: "x", count: 70_000)
        #expect(throws: HeddleError.self) { try manifest.checkedConfiguration(["city": .string(long)]) }
        let repeated = JSONValue.object(
            JSONObject(members: [.init(name: "city", value: "a"), .init(name: "city", value: "b")])
        )
        #expect(throws: HeddleError.self) { try manifest.checkedConfiguration(repeated) }
    }

    @Test("takes whole numbers however they are written")
    func wholeNumbers() throws {
        let manifest = try Self.manifest(Self.smallest + #","resources":{"memory_mb":64.0,"processes":1e1}"#)
        #expect(manifest.resources.memoryBytes == 64 << 20 && manifest.resources.processes == 10)
    }

    @Test("that quotes a stranger at length is refused in few words")
    func longWords() {
        let long = String(repeating: "x", count: 500_000)
        let error = #expect(throws: HeddleError.self) {
            try Self.manifest(Self.smallest + ",\"configuration_schema\":{\"$schema\":\"\(long)\"}")
        }
        #expect(error?.code == .invalidManifest && (error?.message.utf8.count ?? .max) < 1000)
    }

    @Test("without a schema for it takes no configuration")
    func noConfiguration() throws {
        let manifest = try Self.manifest(Self.smallest)
        #expect(try manifest.checkedConfiguration(nil) == nil)
        let error = #expect(throws: HeddleError.self) { try manifest.checkedConfiguration([:]) }
        #expect(error?.code == .invalidRequest)
    }

    @Test(
        "whose configuration_schema is none, or hostile, is refused",
        arguments: [
            #"{"type":"strin"}"#, #"{"$ref":"https://example.com/x"}"#, #"{"pattern":"^(a+)+$"}"#, "7", "[]", "true",
        ]
    )
    func badConfigurationSchema(_ schema: String) {
        let error = #expect(throws: HeddleError.self) {
            try Self.manifest(Self.smallest + ",\"configuration_schema\":\(schema)")
        }
        #expect(error?.code == .invalidManifest)
    }

    @Test(
        "with a section of a later release is refused rather than half obeyed",
        arguments: ["signature", "secrets", "extension_points"]
    )
    func laterSections(_ section: String) {
        let error = #expect(throws: HeddleError.self) { try Self.manifest(Self.smallest + ",\"\(section)\":{}") }
        #expect(error?.code == .invalidManifest)
        #expect(error?.violations.map(\.path) == ["/\(section)"])
    }

    @Test(
        "that is no JSON object is refused",
        arguments: [
            ("", .malformedJSON), ("{", .malformedJSON), (#"{"name":"a","name":"b"}"#, .malformedJSON),
            ("[]", .invalidManifest), ("null", .invalidManifest), (#""time""#, .invalidManifest),
        ] as [(String, HeddleError.Code)]
    )
    func notAnObject(_ text: String, _ code: HeddleError.Code) {
        let error = #expect(throws: HeddleError.self) { try Manifest(parsing: Array(text.utf8)) }
        #expect(error?.code == code)
    }

    @Test("keeps at most 1024 words of a command and 4096 characters of a description")
    func bounds() throws {
        let words = Array(repeating: "\"a\"", count: 1025).joined(separator: ",")
        #expect(throws: HeddleError.self) {
            try Self.manifest(#""name":"time","version":"1.0.0","runtime":{"command":[\#(words)]}"#)
        }
        let long = String(repeating: "d", count: 10_000)
        #expect(try Self.manifest(Self.smallest + ",\"description\":\"\(long)\"").description?.count == 4096)
    }
}
