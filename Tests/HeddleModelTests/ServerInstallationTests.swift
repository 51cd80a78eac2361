import HeddleModel
import Testing

@Suite("A package of a server.json with somebody's values")
struct ServerInstallationTests {
    private static func package(_ members: String, registry: String = "npm") throws -> ServerPackage {
        let text = #"""
            {"name":"a.b/c","description":"d","version":"1.0.0","packages":[
              {"registryType":"\#(registry)","identifier":"pkg","version":"1.0.0"\#(members.isEmpty ? "" : ","+members)}]}
            """#
        return try ServerDescription(parsing: Array(text.utf8)).installable()
    }

    /// The words that its arguments come to.
    private static func words(_ arguments: String, _ values: [String: [String]] = [:]) throws -> [String] {
        let made = try package(#""packageArguments":[\#(arguments)]"#).installation(values)
        guard case .package(.npm(let package)) = made.source else { return ["?"] }
        #expect(package.package == "pkg@1.0.0")
        return package.arguments
    }

    private static func refusal(_ package: ServerPackage, _ values: [String: [String]] = [:]) -> HeddleError? {
        #expect(throws: HeddleError.self) { try package.installation(values) }
    }

    @Test("has the arguments that are fixed, given, standard or left out")
    func arguments() throws {
        #expect(
            try Self.words(#"{"type":"positional","value":"mcp"},{"type":"positional","value":"start"}"#) == [
                "mcp", "start",
            ]
        )
        #expect(try Self.words(#"{"type":"named","name":"--verbose"}"#) == ["--verbose"])
        #expect(try Self.words(#"{"type":"named","name":"--stdio","value":"","description":"x"}"#) == ["--stdio"])
        #expect(try Self.words(#"{"type":"named","name":"--port","format":"number"}"#).isEmpty)
        #expect(try Self.words(#"{"type":"named","name":"--port","default":"80"}"#) == ["--port", "80"])
        #expect(
            try Self.words(#"{"type":"named","name":"--port","default":"80"}"#, ["--port": ["81"]]) == ["--port", "81"]
        )
        #expect(
            try Self.words(
                #"{"type":"named","name":"--dir","description":"d","isRepeated":true},{"type":"positional","valueHint":"last"}"#,
                ["--dir": ["a", "b"], "last": ["-z"]]
            ) == ["--dir", "a", "--dir", "b", "-z"]
        )
    }

    @Test("has variables put into values, once and only those that are named")
    func variables() throws {
        let mount = #"""
            {"type":"named","name":"--mount","value":"type=bind,src={src},dst={dst},{other}{","isRepeated":true,
             "isRequired":true,"variables":{"src":{"format":"filepath"},"dst":{"default":"/project"},"unused":{}}}
            """#
        #expect(
            try Self.words(mount, ["src": ["/a", "/{dst}"]]) == [
                "--mount", "type=bind,src=/a,dst=/project,{other}{", "--mount",
                "type=bind,src=/{dst},dst=/project,{other}{",
            ]
        )
        #expect(
            try Self.words(mount, ["src": ["/a", "/b"], "dst": ["1", "2"]])[3] == "type=bind,src=/b,dst=2,{other}{"
        )
        let error = Self.refusal(
            try Self.package(#""packageArguments":[\#(mount)]"#),
            ["src": ["/a", "/b"], "dst": ["1", "2", "3"]]
        )
        #expect(error?.violations.map(\.path) == ["/packages/0/packageArguments/0"])
        let fixed = #"{"type":"positional","value":"{a}-{b}{a","variables":{"a":{"value":"1"},"b":{"value":"{a}"}}}"#
        #expect(try Self.words(fixed) == ["1-{a}{a"])
        // Nobody has to give it, so the whole is left out.
        #expect(try Self.words(#"{"type":"positional","value":"x={a}","variables":{"a":{}}}"#).isEmpty)
    }

    @Test("tells of all values that are missing or do not fit, and quotes none of them")
    func faults() throws {
        let package = try Self.package(
            #"""
            "packageArguments":[
              {"type":"positional","valueHint":"target","isRequired":true},
              {"type":"named","name":"--port","format":"number"},
              {"type":"named","name":"--file","format":"filepath"},
              {"type":"named","name":"--on","format":"boolean"}],
            "environmentVariables":[
              {"name":"TOKEN","isRequired":true,"isSecret":true},
              {"name":"AUTH","value":"Bearer {key}","isSecret":true,"isRequired":true,"variables":{"key":{}}},
              {"name":"MODE","choices":["a","b"],"isSecret":true},
              {"name":"ONE","description":"1"},{"name":"NUL"},{"name":"LONG"}]
            """#
        )
        #expect(package.inputs.filter(\.isSecret).map(\.key) == ["TOKEN", "key", "MODE"])
        #expect(package.inputs.filter(\.isRequired).map(\.key) == ["TOKEN", "key", "target"])
        let error = Self.refusal(
            package,
            [
                "--port": ["h4ckme"], "--file": ["h4ckme"], "--on": ["h4ckme"], "MODE": ["h4ckme"],
                "ONE": ["h4ckme", "2"], "NUL": ["h4ckme\0"], "LONG": [String(repeating: "h4ckme", count: 10_000)],
                "TYPO": ["h4ckme"],
            ]
        )
        #expect(error?.code == .invalidRequest)
        #expect(error?.details["missing"] == "TOKEN, key, target")
        #expect(
            Set(error?.violations.map(\.path) ?? []) == [
                "", "/packages/0/packageArguments/0", "/packages/0/packageArguments/1",
                "/packages/0/packageArguments/2",
                "/packages/0/packageArguments/3", "/packages/0/environmentVariables/0",
                "/packages/0/environmentVariables/1/variables/key", "/packages/0/environmentVariables/2",
                "/packages/0/environmentVariables/3", "/packages/0/environmentVariables/4",
                "/packages/0/environmentVariables/5",
            ]
        )
        #expect(error.map { "\($0)\($0.violations)\($0.details)".contains("h4ckme") } == false)

        let made = try package.installation(["TOKEN": ["t"], "key": ["k"], "target": ["x"], "--port": ["-8.5"]])
        #expect(made.environment == ["TOKEN": "t", "AUTH": "Bearer k"])
        #expect(made.secretVariables == ["TOKEN", "AUTH"])
        #expect(made.secretArguments.isEmpty)
    }

    @Test("names the secrets that would stand on the command line")
    func secretArguments() throws {
        let package = try Self.package(
            #"""
            "packageArguments":[{"type":"named","name":"--key","isSecret":true},
              {"type":"positional","value":"p={pw}","variables":{"pw":{"isSecret":true}}}]
            """#
        )
        #expect(try package.installation(["--key": ["k"], "pw": ["w"]]).secretArguments == ["--key", "pw"])
        #expect(try package.installation(["pw": ["w"]]).secretArguments == ["pw"])
    }

    @Test("does not grow without bound")
    func growth() throws {
        let template = String(repeating: "{a}", count: 5000)
        let package = try Self.package(
            #""packageArguments":[{"type":"positional","value":"\#(template)","variables":{"a":{}}}]"#
        )
        let error = Self.refusal(package, ["a": [String(repeating: "x", count: 32 << 10)]])
        #expect(error?.violations.map(\.keyword) == ["maxLength"])
        let many = Array(
            repeating: #"{"type":"named","name":"-a","value":"{a}{b}","isRepeated":true,"variables":{"a":{},"b":{}}}"#,
            count: 100
        )
        let wide = try Self.package(#""packageArguments":[\#(many.joined(separator: ","))]"#)
        let values = ["a": [String(repeating: "x", count: 30_000)], "b": (0..<256).map(String.init)]
        #expect(Self.refusal(wide, values)?.violations.allSatisfy { $0.keyword == "maxLength" } == true)
        let open = String(repeating: "{", count: 32_000)
        #expect(try Self.words(#"{"type":"positional","value":"\#(open)","variables":{"a":{"value":"1"}}}"#) == [open])
    }

    @Test("is started as clients start it, with the same package and version")
    func runtimes() throws {
        func source(_ members: String, _ registry: String) throws -> ExtensionSource? {
            guard case .package(let source) = try Self.package(members, registry: registry).installation([:]).source
            else {
                return nil
            }
            return source
        }
        let yes = #""runtimeHint":"npx","runtimeArguments":[{"type":"positional","value":"-y"}]"#
        #expect(try source(yes, "npm") == .npm(NodePackage(package: "pkg@1.0.0")))
        #expect(try source("", "npm") == .npm(NodePackage(package: "pkg@1.0.0")))
        #expect(try source(#""runtimeHint":"node""#, "npm") == .npm(NodePackage(package: "pkg@1.0.0")))
        #expect(try source(#""runtimeHint":"uvx""#, "pypi") == .pypi(PythonPackage(requirement: "pkg==1.0.0")))
        #expect(try source(#""runtimeHint":"pipx""#, "pypi") == .pypi(PythonPackage(requirement: "pkg==1.0.0")))
        let with = #""runtimeHint":"uvx","runtimeArguments":[{"type":"named","name":"--with","value":"other<2"}]"#
        #expect(try source(with, "pypi") == .pypi(PythonPackage(requirement: "pkg==1.0.0", with: ["other<2"])))
        let module = #"""
            "runtimeHint":"python","runtimeArguments":[{"type":"named","name":"-m","value":"pkg.server"}],
            "packageArguments":[{"type":"positional","value":"serve"}]
            """#
        #expect(
            try source(module, "pypi")
                == .pypi(PythonPackage(requirement: "pkg==1.0.0", module: "pkg.server", arguments: ["serve"]))
        )
    }

    @Test(
        "is refused when it has to be started in a way that is not known",
        arguments: [
            ("npm", #""runtimeHint":"docker""#, "container"), ("npm", #""runtimeHint":"deno""#, "deno"),
            ("npm", #""runtimeHint":"npx","runtimeArguments":[{"type":"positional","value":"evil"}]"#, "npx"),
            (
                "npm", #""runtimeHint":"npx","runtimeArguments":[{"type":"named","name":"--package","value":"evil"}]"#,
                "npx"
            ),
            (
                "npm",
                #""runtimeHint":"npx","runtimeArguments":[{"type":"named","name":"--registry","value":"https://x"}]"#,
                "--registry"
            ),
            (
                "pypi",
                #""runtimeHint":"uvx","runtimeArguments":[{"type":"named","name":"--default-index","value":"https://x"}]"#,
                "--default-index"
            ),
            (
                "pypi",
                #""runtimeHint":"uvx","runtimeArguments":[{"type":"positional","value":"--from"}],"packageArguments":[{"type":"positional","value":"tool"}]"#,
                "module"
            ),
            ("pypi", #""runtimeHint":"npx""#, "npx"),
            (
                "npm", #""environmentVariables":[{"name":"NPM_CONFIG_REGISTRY","value":"https://x"}]"#,
                "where packages come from"
            ),
            ("npm", #""packageArguments":[{"type":"positional","value":"${HOME}"}]"#, "placeholder"),
        ]
    )
    func unknownRuntimes(_ registry: String, _ members: String, _ word: String) throws {
        let error = Self.refusal(try Self.package(members, registry: registry))
        #expect(error?.code == .installationFailed)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }
}
