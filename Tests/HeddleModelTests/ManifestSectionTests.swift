import HeddleModel
import JSON
import Testing

@Suite("The sections of a manifest")
struct ManifestSectionTests {
    private static let whole: JSONValue = [
        "name": "tool", "version": "1.2.0", "description": "Does.", "type": "security",
        "runtime": ["command": ["./tool", "-v"]],
        "capabilities": ["echo", ["id": "text_analysis", "version": "2.0.0", "tools": ["count", "sort"]]],
        "dependencies": ["time": "^1.2"],
        "permissions": ["read": ["/srv"]],
        "loading": ["strategy": "background", "priority": 7],
        "compatibility": ["heddle": ">=0.1.0", "platforms": ["linux"], "architectures": ["x64"], "conflicts": ["bad"]],
        "lifecycle_hooks": [
            "pre_install": "./check", "post_install": ["./setup", "now"],
            "pre_uninstall": ["command": "./leave", "args": ["x"], "timeout_seconds": 5, "required": false],
        ],
        "health_check": ["capability": "echo", "parameters": ["text": "x"], "interval_seconds": 5],
        "isolation": "tenant", "stateless": true, "sandbox": ["level": "process"],
        "scaling": [
            "strategy": "auto", "max_instances": 3, "rules": [["trigger": "queue_length", "threshold_up": 10]],
        ],
        "cache": ["ttl_ms": 1000, "capabilities": ["echo"]], "thresholds": ["response_time_ms": 200],
        "integrations": [["target_module": "trace", "integration_type": "capability_provider"]],
        "publisher": ["name": "Somebody"], "license": "MIT",
    ]

    @Test("are read, and written so that they read the same")
    func roundTrip() throws {
        let manifest = try Manifest(parsing: Self.whole.bytes)
        #expect(manifest.kind == .security && manifest.loadingStrategy == .background && manifest.loading.priority == 7)
        #expect(manifest.capabilities.map(\.id) == ["echo", "text_analysis"])
        #expect(manifest.capabilities.last?.tools == ["count", "sort"])
        #expect(manifest.dependencies.map(\.name.rawValue) == ["time"])
        #expect(manifest.hooks[.preInstall] == Manifest.Hook(command: ["./check"]))
        #expect(manifest.hooks[.postInstall]?.command == ["./setup", "now"])
        #expect(
            manifest.hooks[.preUninstall]
                == Manifest.Hook(command: ["./leave", "x"], timeoutSeconds: 5, isRequired: false)
        )
        #expect(manifest.healthCheck?.capability == "echo" && manifest.healthCheck?.timeoutSeconds == 10)
        #expect(manifest.recorded["scaling"]?["max_instances"]?.integer == 3)
        #expect(try Manifest(parsing: manifest.value.bytes) == manifest)
        let plain = try Manifest(parsing: Array(#"{"name":"a","version":"1.0.0","runtime":{"command":"b"}}"#.utf8))
        #expect(try Manifest(parsing: plain.value.bytes) == plain)
    }

    @Test(
        "let the type say how an extension is loaded",
        arguments: [
            (ExtensionKind.security, LoadingStrategy.eager), (.auth, .eager), (.background, .background), (.ui, .lazy),
            (.other, .lazy),
        ]
    )
    func strategy(_ kind: ExtensionKind, _ strategy: LoadingStrategy) throws {
        var manifest = try Manifest(parsing: Self.whole.bytes)
        manifest.kind = kind
        manifest.loading = Manifest.Loading()
        #expect(manifest.loadingStrategy == strategy)
        manifest.loading = Manifest.Loading(strategy: .onDemand)
        #expect(manifest.loadingStrategy == .onDemand)
    }

    @Test("tell where an extension does not run")
    func compatibility() throws {
        let compatibility = try Manifest(parsing: Self.whole.bytes).compatibility
        let new = try SemanticVersion("0.1.0")
        #expect(compatibility.problems(version: new, platform: "linux", architecture: "x64").isEmpty)
        let old = try SemanticVersion("0.0.9")
        #expect(
            compatibility.problems(version: old, platform: "darwin", architecture: "arm64") == [
                "it needs Heddle >=0.1.0, and this is 0.0.9", "it runs on linux, and this is darwin",
                "it runs on x64, and this is arm64",
            ]
        )
    }

    @Test("are refused when two of them contradict each other")
    func broken() {
        let error = #expect(throws: HeddleError.self) {
            try Manifest(
                parsing: Array(
                    #"{"name":"a","version":"1.0.0","runtime":{"command":"b"},"dependencies":{"x":"not a range"}}"#.utf8
                )
            )
        }
        #expect(error?.code == .invalidManifest && error?.violations.map(\.path) == ["/dependencies/x"])
    }
}
