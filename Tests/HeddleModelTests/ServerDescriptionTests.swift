import HeddleModel
import HeddleTestSupport
import JSON
import Testing

@Suite("A server.json of the MCP Registry")
struct ServerDescriptionTests {
    private static func read(_ text: String) throws -> ServerDescription {
        try ServerDescription(parsing: Array(text.utf8))
    }

    /// A file with these packages.
    private static func file(_ packages: String, more: String = "") -> String {
        #"{"name":"io.github.user/weather","description":"d","version":"1.0.2","packages":[\#(packages)]\#(more)}"#
    }

    private static func refusal(_ text: String) -> HeddleError? {
        #expect(throws: HeddleError.self, "\(text)") { try read(text) }
    }

    /// The example of the format's documentation, as it was in July and as it is in December 2025.
    private static let older = #"""
        {"$schema":"https://static.modelcontextprotocol.io/schemas/2025-07-09/server.schema.json",
         "name":"io.github.example/weather-mcp","description":"Python MCP server for weather data access",
         "status":"active","repository":{"url":"https://github.com/example/weather-mcp","source":"github","id":"def"},
         "version_detail":{"version":"0.5.0"},"website_url":"https://example.com",
         "packages":[{"registry_type":"pypi","registry_base_url":"https://pypi.org","identifier":"weather-mcp-server",
           "version":"0.5.0","runtime_hint":"uvx",
           "package_arguments":[{"type":"named","name":"--mode","value":"local","is_required":true},
             {"type":"positional","value_hint":"target_dir","is_repeated":true,"format":"filepath"}],
           "environment_variables":[
             {"name":"WEATHER_API_KEY","description":"API key","is_required":true,"is_secret":true},
             {"name":"WEATHER_UNITS","default":"celsius","choices":["celsius","fahrenheit"]}]}],
         "_meta":{"publisher":{"tool":"poetry-publisher"}}}
        """#
    private static let newer = #"""
        {"$schema":"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
         "name":"io.github.example/weather-mcp","description":"Python MCP server for weather data access",
         "title":"Weather","version":"0.5.0","websiteUrl":"https://example.com",
         "repository":{"url":"https://github.com/example/weather-mcp","source":"github","subfolder":"src"},
         "icons":[{"src":"https://example.com/icon.png"}],
         "packages":[{"registryType":"pypi","registryBaseUrl":"https://pypi.org","identifier":"weather-mcp-server",
           "version":"0.5.0","runtimeHint":"uvx","transport":{"type":"stdio"},
           "packageArguments":[{"type":"named","name":"--mode","value":"local","isRequired":true},
             {"type":"positional","valueHint":"target_dir","isRepeated":true,"format":"filepath"}],
           "environmentVariables":[
             {"name":"WEATHER_API_KEY","description":"API key","isRequired":true,"isSecret":true},
             {"name":"WEATHER_UNITS","default":"celsius","choices":["celsius","fahrenheit"]}]}],
         "_meta":{"io.modelcontextprotocol.registry/publisher-provided":{"tool":"x"}}}
        """#

    @Test("is read in either spelling", arguments: [older, newer])
    func spellings(_ text: String) throws {
        let server = try Self.read(text)
        #expect(server.name == "io.github.example/weather-mcp")
        #expect(server.extensionName.rawValue == "weather-mcp")
        #expect(server.semanticVersion?.description == "0.5.0")
        #expect(server.websiteURL == "https://example.com")
        #expect(server.repositoryURL == "https://github.com/example/weather-mcp")
        let package = try server.installable()
        #expect(package.inputs.map(\.key) == ["WEATHER_API_KEY", "WEATHER_UNITS", "target_dir"])
        #expect(package.inputs.map(\.isRequired) == [true, false, false])
        #expect(package.inputs.map(\.isSecret) == [true, false, false])
        #expect(package.inputs.map(\.standard) == [nil, "celsius", nil])
        #expect(package.inputs[1].choices == ["celsius", "fahrenheit"])
        #expect(package.inputs[2].format == .filepath)
        let made = try package.installation(["WEATHER_API_KEY": ["s3cret"], "target_dir": ["/a", "/b"]])
        #expect(
            made.source
                == .package(
                    .pypi(
                        PythonPackage(
                            requirement: "weather-mcp-server==0.5.0",
                            arguments: ["--mode", "local", "/a", "/b"]
                        )
                    )
                )
        )
        #expect(made.environment == ["WEATHER_API_KEY": "s3cret", "WEATHER_UNITS": "celsius"])
        #expect(made.secretVariables == ["WEATHER_API_KEY"])
        #expect(made.secretArguments.isEmpty)
        #expect(made.files == ["/a", "/b"])
    }

    @Test("is also read from the first draft, and from an answer of the registry")
    func wrapped() throws {
        let draft = try Self.read(
            #"""
            {"name":"a.b/c","description":"d","version_detail":{"version":"1.0.0"},
             "packages":[{"registry_name":"npm","name":"@a/c","version":"1.0.0"}],
             "remotes":[{"transport_type":"sse","url":"https://example.com"}]}
            """#
        )
        #expect(try draft.installable().installation([:]).source == .package(.npm(NodePackage(package: "@a/c@1.0.0"))))
        let answer = #"{"server":\#(Self.newer),"_meta":{"io.modelcontextprotocol.registry/official":{"status":"S"}}}"#
        #expect(try Self.read(answer.replacing(#""S""#, with: #""deprecated""#)).status == .deprecated)
        let deleted = try Self.read(answer.replacing(#""S""#, with: #""deleted""#))
        #expect(deleted.name == "io.github.example/weather-mcp")
        let error = #expect(throws: HeddleError.self) { try deleted.installable() }
        #expect(error?.details["status"] == "deleted")
        let broken = Self.refusal(#"{"server":{"name":"a.b/c","description":"d","version":"^1"}}"#)
        #expect(broken?.violations.map(\.path) == ["/server/version"])
    }

    @Test("is refused for everything that is wrong at once")
    func faults() throws {
        let error = Self.refusal(
            #"""
            {"name":"no-slash","version":">=1.0","packages":[
              {"registryType":"npm","registry_type":"npm","identifier":7,"version":"latest","fileSha256":"abc"},
              {"identifier":"x","version":"1.x","packageArguments":[{"type":"positional"},{"type":"named"},{"type":"odd"}],
               "environmentVariables":[{"name":"A"},{"name":"A","isRequired":"yes"},{"name":"1-2"}]},
              {"registryType":"pypi","identifier":"y","version":"1.*"}]}
            """#
        )
        #expect(error?.code == .invalidManifest)
        let paths = Set(error?.violations.map(\.path) ?? [])
        #expect(
            paths.isSuperset(of: [
                "", "/name", "/version", "/packages/0/registry_type", "/packages/0/identifier", "/packages/0/version",
                "/packages/0/fileSha256", "/packages/1", "/packages/1/version", "/packages/1/packageArguments/0",
                "/packages/1/packageArguments/1", "/packages/1/packageArguments/2/type",
                "/packages/1/environmentVariables/1/name", "/packages/1/environmentVariables/1/isRequired",
                "/packages/1/environmentVariables/2/name", "/packages/2/version",
            ])
        )
        #expect((error?.message.utf8.count ?? 0) < 1000)
    }

    @Test(
        "is refused and never crashes",
        arguments: [
            "[]", "7", "{}", #"{"name":"a/b"}"#, #"{"server":{}}"#, #"{"name":"a/b","description":"d"}"#,
            #"{"name":"a/b","description":"d","version":"1","packages":{}}"#,
            #"{"name":"a/b","description":"d","version":"1","packages":[1]}"#,
            #"{"name":"a/b","description":"d","version":"1","version_detail":{"version":"1"}}"#,
            #"{"name":"a/b","description":"d","version":"1 - 2"}"#, #"{"name":"a/b","description":"d","version":"*"}"#,
            #"{"name":"a/b/c","description":"d","version":"1"}"#,
            #"{"name":"a/b","description":"\u0000","version":"1"}"#,
        ]
    )
    func broken(_ text: String) {
        #expect(Self.refusal(text)?.code == .invalidManifest)
    }

    @Test("with random faults is refused or read, and never crashes", arguments: [1, 2, 3] as [UInt64])
    func random(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let pieces = ["{", "}", "[", "]", "null", "7", "\"\"", "true", ",", "latest", "value", "name", "{target_dir}"]
        var read = 0
        var refused = 0
        for _ in 0..<1500 {
            var bytes = Array((Bool.random(using: &random) ? Self.older : Self.newer).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let start = Int.random(in: 0..<bytes.count - 20, using: &random)
                let end = start + Int.random(in: 0...12, using: &random)
                bytes.replaceSubrange(start..<end, with: Array((pieces.randomElement(using: &random) ?? "").utf8))
            }
            do throws(HeddleError) {
                _ = try ServerDescription(parsing: bytes).installable().installation(["WEATHER_API_KEY": ["k"]])
                read += 1
            } catch {
                refused += 1
            }
        }
        #expect(read > 0 && refused > 0)
    }

    @Test("is bounded")
    func bounds() {
        let package = #"{"registryType":"npm","identifier":"x","version":"1.0.0"}"#
        #expect(
            Self.refusal(Self.file(Array(repeating: package, count: 65).joined(separator: ",")))?.code
                == .invalidManifest
        )
        #expect(Self.refusal("[" + String(repeating: " ", count: 1 << 20) + "]")?.code == .invalidManifest)
        #expect(Self.refusal("{")?.code == .malformedJSON)
    }

    @Test(
        "has packages that cannot be installed, each with the reason",
        arguments: [
            (#"{"registryType":"oci","identifier":"ghcr.io/a/b:1.0"}"#, "container image"),
            (#"{"registryType":"nuget","identifier":"A.B","version":"1.0.0"}"#, "NuGet"),
            (#"{"registryType":"cargo","identifier":"a","version":"1.0.0"}"#, "'cargo'"),
            (#"{"registryType":"npm","identifier":"a"}"#, "no version"),
            (#"{"registryType":"npm","identifier":"a","version":"1.0"}"#, "exact version"),
            (#"{"registryType":"pypi","identifier":"a","version":"v1"}"#, "exact version"),
            (#"{"registryType":"npm","identifier":"github:a/b","version":"1.0.0"}"#, "by its name"),
            (#"{"registryType":"npm","identifier":"-y","version":"1.0.0"}"#, "by its name"),
            (#"{"registryType":"npm","identifier":"a@1","version":"1.0.0"}"#, "by its name"),
            (#"{"registryType":"pypi","identifier":"a @ https://x","version":"1.0"}"#, "by its name"),
            (#"{"registryType":"pypi","identifier":"a[b]","version":"1.0"}"#, "by its name"),
            (#"{"registryType":"pypi","identifier":"--index-url","version":"1.0"}"#, "by its name"),
            (
                #"{"registryType":"pypi","identifier":"a","version":"1.0","registryBaseUrl":"https://pypi.example"}"#,
                "where packages come from"
            ),
            (
                #"{"registryType":"npm","identifier":"a","version":"1.0.0","transport":{"type":"streamable-http"}}"#,
                "streamable-http"
            ),
            (
                "{\"registryType\":\"npm\",\"identifier\":\"a\",\"version\":\"1.0.0\",\"fileSha256\":\""
                    + String(repeating: "a", count: 64) + "\"}", "hash of its file"
            ),
            (#"{"registryType":"mcpb","identifier":"https://example.com/a.mcpb"}"#, "fileSha256"),
            (
                "{\"registryType\":\"mcpb\",\"identifier\":\"http://example.com/a.mcpb\",\"fileSha256\":\""
                    + String(repeating: "a", count: 64) + "\"}", "https"
            ),
            (
                "{\"registryType\":\"mcpb\",\"identifier\":\"https://u@example.com/a\",\"fileSha256\":\""
                    + String(repeating: "a", count: 64) + "\"}", "https"
            ),
        ]
    )
    func refusals(_ package: String, _ word: String) throws {
        let server = try Self.read(Self.file(package, more: #","remotes":[{"type":"sse","url":"https://x"}]"#))
        let error = #expect(throws: HeddleError.self) { try server.installable() }
        #expect(error?.code == .installationFailed)
        #expect(error?.violations.map(\.path) == ["/packages/0", "/remotes/0"])
        #expect(error?.violations.first?.message.contains(word) == true, "\(error?.message ?? "")")
        #expect(error?.violations.last?.message.contains("remote") == true)
        // What is behind one that cannot be used is used.
        let other = try Self.read(
            Self.file(package + #",{"registryType":"npm","identifier":"b","version":"2.0.0"}"#)
        )
        #expect(try other.installable().path == "/packages/1")
    }

    @Test("without packages says so")
    func nothing() throws {
        let error = #expect(throws: HeddleError.self) { try Self.read(Self.file("")).installable() }
        #expect(error?.code == .installationFailed)
    }

    @Test("names its bundle by address and hash")
    func bundle() throws {
        let hash = String(repeating: "AB", count: 32)
        let server = try Self.read(
            Self.file(
                #"{"registryType":"mcpb","identifier":"https://github.com/a/b/releases/download/v1/x.mcpb","fileSha256":"\#(hash)","transport":{"type":"stdio"},"packageArguments":[{"type":"named","name":"--verbose"}]}"#
            )
        )
        #expect(
            try server.installable().installation([:]).source
                == .bundle(
                    url: "https://github.com/a/b/releases/download/v1/x.mcpb",
                    sha256: hash.lowercased(),
                    arguments: ["--verbose"]
                )
        )
    }

    @Test(
        "gets a name by our rule",
        arguments: [
            ("io.github.user/weather", "weather"), ("com.example/mcp", "example-mcp"),
            ("io.github.Some-One/MCP-Server", "some-one-mcp-server"), ("a.b/My__Tool.v2", "my_tool-v2"),
            ("a.b/___", "server"),
        ]
    )
    func names(_ name: String, _ expected: String) throws {
        let server = try Self.read(#"{"name":"\#(name)","description":"d","version":"1"}"#)
        #expect(server.extensionName.rawValue == expected)
        #expect(try ExtensionName(expected) == server.extensionName)
    }

    @Test(
        "gets a version by SemVer where there is one",
        arguments: [
            ("1.2.3-beta.1", "1.2.3-beta.1"), ("v1.2", "1.2.0"), ("2025.04.01", "2025.4.1"), ("3", "3.0.0"),
            ("1.0-rc.1", "1.0.0-rc.1"), ("0.0.0", "0.0.0"), ("1.2.3.4", nil), ("abc", nil), ("1..2", nil),
            ("1.0rc1", nil),
        ]
    )
    func versions(_ version: String, _ expected: String?) throws {
        let server = try Self.read(#"{"name":"a.b/c","description":"d","version":"\#(version)"}"#)
        #expect(server.semanticVersion?.description == expected)
    }
}
