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
        "that breaks a rule is refused with the name of the field",
        arguments: [
            (#""version":"1.0.0","runtime":{"command":"x"}"#, .invalidManifest, "name"),
            (#""name":null,"version":"1.0.0","runtime":{"command":"x"}"#, .invalidManifest, "name"),
            (#""name":7,"version":"1.0.0","runtime":{"command":"x"}"#, .invalidManifest, "name"),
            (#""name":"time","runtime":{"command":"x"}"#, .invalidManifest, "version"),
            (#""name":"time","version":1,"runtime":{"command":"x"}"#, .invalidManifest, "version"),
            (#""name":"time","version":"1.0.0""#, .invalidManifest, "runtime"),
            (#""name":"time","version":"1.0.0","runtime":"x""#, .invalidManifest, "runtime"),
            (#""name":"time","version":"1.0.0","runtime":{}"#, .invalidManifest, "runtime"),
            (#""name":"time","version":"1.0.0","runtime":{"command":[]}"#, .invalidManifest, "runtime"),
            (#""name":"time","version":"1.0.0","runtime":{"command":""}"#, .invalidManifest, "runtime"),
            (#""name":"time","version":"1.0.0","runtime":{"command":7}"#, .invalidManifest, "runtime.command"),
            (#""name":"time","version":"1.0.0","runtime":{"command":["x",7]}"#, .invalidManifest, "runtime.command"),
            (
                ##""name":"time","version":"1.0.0","runtime":{"command":"x\u0000"}"##, .invalidManifest,
                "runtime.command"
            ),
            (
                ##""name":"time","version":"1.0.0","runtime":{"command":["\u0000"]}"##, .invalidManifest,
                "runtime.command"
            ),
            (
                #""name":"time","version":"1.0.0","runtime":{"command":"x","args":"y"}"#, .invalidManifest,
                "runtime.args"
            ),
            (#""name":"time","version":"1.0.0","runtime":{"command":"x","env":{}}"#, .invalidManifest, "runtime.env"),
            (
                #""name":"time","version":"1.0.0","runtime":{"command":"x","kind":"mcp-http"}"#, .invalidManifest,
                "runtime.kind"
            ),
            (smallest + #","colour":1"#, .invalidManifest, "colour"),
            (smallest + #","description":[]"#, .invalidManifest, "description"),
            (smallest + #","permissions":[]"#, .invalidManifest, "permissions"),
            (smallest + #","permissions":{"disk":true}"#, .invalidManifest, "permissions.disk"),
            (smallest + #","permissions":{"read":"/x"}"#, .invalidManifest, "permissions.read"),
            (smallest + #","permissions":{"read":["x"]}"#, .invalidManifest, "permissions"),
            (smallest + #","resources":{"memory_mb":"512"}"#, .invalidManifest, "resources.memory_mb"),
            (smallest + #","resources":{"memory_mb":7}"#, .invalidManifest, "resources.memory_mb"),
            (smallest + #","resources":{"memory_mb":8.5}"#, .invalidManifest, "resources.memory_mb"),
            (smallest + #","resources":{"memory_mb":1048577}"#, .invalidManifest, "resources.memory_mb"),
            (smallest + #","resources":{"processes":0}"#, .invalidManifest, "resources.processes"),
            (smallest + #","resources":{"disk_mb":1}"#, .invalidManifest, "resources.disk_mb"),
            (smallest + #","loading":{"idle_seconds":0}"#, .invalidManifest, "loading.idle_seconds"),
            (smallest + #","loading":{"idle_seconds":1e3}"#, .invalidManifest, "loading.idle_seconds"),
            (smallest + #","loading":{"start_seconds":601}"#, .invalidManifest, "loading.start_seconds"),
            (smallest + #","loading":{"strategy":"lazy"}"#, .invalidManifest, "loading.strategy"),
        ] as [(String, HeddleError.Code, String)]
    )
    func refuses(_ members: String, _ code: HeddleError.Code, _ field: String) {
        let error = #expect(throws: HeddleError.self) { try Self.manifest(members) }
        #expect(error?.code == code)
        #expect(error?.details["field"] == field)
    }

    @Test(
        "with a section of a later release is refused rather than half obeyed",
        arguments: [
            "type", "capabilities", "dependencies", "sandbox", "isolation", "scaling", "cache", "thresholds",
            "lifecycle_hooks", "health_check", "configuration_schema", "integrations", "publisher", "signature",
        ]
    )
    func laterSections(_ section: String) {
        let error = #expect(throws: HeddleError.self) { try Self.manifest(Self.smallest + ",\"\(section)\":{}") }
        #expect(error?.code == .invalidManifest)
        #expect(error?.details["field"] == section)
        #expect(error?.message.contains("not supported") == true)
    }

    @Test("with a bad name or version is refused by the rule of that value")
    func badValues() {
        let name = #expect(throws: HeddleError.self) {
            try Self.manifest(#""name":"Time","version":"1.0.0","runtime":{"command":"x"}"#)
        }
        #expect(name?.code == .invalidRequest)
        let version = #expect(throws: HeddleError.self) {
            try Self.manifest(#""name":"time","version":"1.0","runtime":{"command":"x"}"#)
        }
        #expect(version?.code == .invalidVersion)
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
