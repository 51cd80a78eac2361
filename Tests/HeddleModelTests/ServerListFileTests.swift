import HeddleModel
import JSON
import Testing

@Suite("A file with the servers of another client")
struct ServerListFileTests {
    private static func servers(_ text: String) throws -> [ImportedServer] {
        try ServerListFile.servers(JSONDocument(text).root)
    }

    private static func outcome(_ entry: String) throws -> ImportedServer.Outcome? {
        try servers(#"{"mcpServers":{"x":\#(entry)}}"#).first?.outcome
    }

    @Test("becomes extensions that are installed, or a command that is run in place")
    func sources() throws {
        let cases: [(String, ExtensionSource)] = [
            (#"{"command":"uvx","args":["mcp-server-time"]}"#, .pypi(PythonPackage(requirement: "mcp-server-time"))),
            (
                #"{"command":"/opt/uv","args":["tool","run","--with","a,b<2","mcp-server-git@2.0","--repository","/r"]}"#,
                .pypi(
                    PythonPackage(
                        requirement: "mcp-server-git==2.0",
                        with: ["a", "b<2"],
                        arguments: ["--repository", "/r"]
                    )
                )
            ),
            (
                #"{"command":"uvx","args":["--from","my_pkg>=1","my-pkg","-v"]}"#,
                .pypi(PythonPackage(requirement: "my_pkg>=1", arguments: ["-v"]))
            ),
            (#"{"command":"pipx","args":["run","pkg@latest"]}"#, .pypi(PythonPackage(requirement: "pkg"))),
            (
                #"{"command":"npx","args":["-y","@scope/name@^1","/some/where"]}"#,
                .npm(NodePackage(package: "@scope/name@^1", arguments: ["/some/where"]))
            ),
            (
                #"{"command":"cmd","args":["/c","npx.cmd","--yes","name"]}"#, .npm(NodePackage(package: "name"))
            ),
            (
                #"{"command":"npx","args":["--package=a","-p","b","tool","x"]}"#,
                .npm(NodePackage(package: "a", with: ["b"], program: "tool", arguments: ["x"]))
            ),
            (
                #"{"command":"npm","args":["exec","--","name","-y"]}"#,
                .npm(NodePackage(package: "name", arguments: ["-y"]))
            ),
            (
                #"{"command":"python3","args":["-m","server"],"cwd":"/srv"}"#,
                .command(["python3", "-m", "server"], directory: "/srv")
            ),
            (
                #"{"command":"/usr/bin/uv","args":["run","x.py"]}"#,
                .command(["/usr/bin/uv", "run", "x.py"], directory: nil)
            ),
        ]
        for (entry, source) in cases {
            #expect(try Self.outcome(entry) == .add(source, environment: [:]), "\(entry)")
        }
    }

    @Test("keeps the variables of each")
    func environment() throws {
        let found = try Self.outcome(#"{"command":"uvx","args":["x"],"env":{"API_KEY":"s3cret"},"alwaysAllow":["a"]}"#)
        #expect(found == .add(.pypi(PythonPackage(requirement: "x")), environment: ["API_KEY": "s3cret"]))
    }

    @Test(
        "has servers that cannot come along, each with the reason",
        arguments: [
            (#"{"command":"docker","args":["run","-i","--rm","mcp/time"]}"#, "docker"),
            (#"{"url":"https://example.com/mcp"}"#, "remote"), (#"{"command":"uvx","args":[]}"#, "no package"),
            (#"{"command":"npx","args":["--frob","x"]}"#, "--frob"),
            (#"{"command":"npx","args":["github:a/b"]}"#, "npm"),
            (#"{"command":"uvx","args":["--from","git+https://example.com/x","y"]}"#, "PyPI"),
            (#"{"command":"uvx","args":["x","${workspaceFolder}"]}"#, "placeholder"),
            (#"{"command":"uvx","args":["--from","a","b"]}"#, "module"),
            (#"{"command":"uvx","args":["--index-url","https://x","a"]}"#, "--index-url"),
            (#"{"command":"npx","args":["a"],"env":{"npm_config_registry":"https://x"}}"#, "npm_config_registry"),
            (#"{"command":"x","env":{"A":"${input:key}"}}"#, "placeholder"),
            (#"{"command":"x","disabled":true}"#, "disabled"), ("{}", "no command"), ("7", "number"),
            (#"{"command":"x","args":"y"}"#, "/args"), (#"{"command":"x","env":{"A":1}}"#, "/env/A"),
        ]
    )
    func refusals(_ entry: String, _ word: String) throws {
        guard case .refused(let reason) = try Self.outcome(entry) else {
            Issue.record("\(entry) was taken")
            return
        }
        #expect(reason.contains(word), "\(reason)")
    }

    @Test("gives each a name by our rule")
    func names() throws {
        let titles = [
            "Brave Search", "brave__search", "brave-search", "@modelcontextprotocol/server-git", "日本", "_x_", "",
        ]
        let text = titles.map { "\(JSONValue.string($0).text):{\"command\":\"x\"}" }.joined(separator: ",")
        let names = try Self.servers("{\"mcpServers\":{\(text)}}").map(\.name.rawValue)
        #expect(
            names == [
                "brave-search", "brave_search", "brave-search-2", "modelcontextprotocol-server-git", "server", "x",
                "server-2",
            ]
        )
    }

    @Test("is refused as a whole when it is another kind of file", arguments: ["{}", "[]", #"{"mcpServers":[]}"#])
    func otherFiles(_ text: String) {
        let error = #expect(throws: HeddleError.self) { try Self.servers(text) }
        #expect(error?.code == .invalidRequest)
    }
}
