import ArgumentParser
import HeddleClient
import HeddleCommands
import HeddleModel
import Testing

@Suite("Options")
struct OptionsTests {
    @Test(
        "let --net stand alone or before hosts",
        arguments: [
            ("ext add x --net -- run --net", "ext add x --net=public -- run --net"),
            ("ext add --net x -- run", "ext add --net=public x -- run"),
            ("ext add --net a:1 b:2 x", "ext add --net=a:1 --net=b:2 x"),
            ("ext add x --net a:1 --net b:2,c:3 --yes", "ext add x --net=a:1 --net=b:2,c:3 --yes"),
            ("ext add x --net", "ext add x --net=public"),
            ("cap invoke x --net", "cap invoke x --net"),
        ]
    )
    func network(line: String, expected: String) {
        let words = line.split(separator: " ").map(String.init)
        #expect(NetworkArguments.rewritten(words).joined(separator: " ") == expected)
    }

    @Test("grant the hosts they name and no more")
    func grants() throws {
        #expect(try NetworkArguments.grant([]) == .none)
        #expect(try NetworkArguments.grant(["public"]) == .publicInternet)
        #expect(
            try NetworkArguments.grant(["a:1,b:2"])
                == .hosts([.init(host: "a", port: 1), .init(host: "b", port: 2)])
        )
        #expect(throws: HeddleError.self) { try NetworkArguments.grant(["a"]) }
    }

    @Test(
        "make paths absolute",
        arguments: [
            ("a/../b", "/work/b"), (".", "/work"), ("/x//y/./z/..", "/x/y"), ("~/k", "/home/me/k"), ("../../..", "/"),
            ("~other", "/work/~other"),
        ]
    )
    func paths(path: String, expected: String) {
        #expect(AbsolutePath.resolve(path, from: "/work", home: "/home/me") == expected)
    }

    @Test("read lengths of time")
    func durations() {
        #expect(DurationArgument(argument: "30s")?.duration == .seconds(30))
        #expect(DurationArgument(argument: "500ms")?.duration == .milliseconds(500))
        #expect(DurationArgument(argument: "2m")?.duration == .seconds(120))
        #expect(DurationArgument(argument: "1.5")?.duration == .milliseconds(1500))
        for text in ["", "s", "-1s", "0", "x", "nan", "1e9h"] { #expect(DurationArgument(argument: text) == nil) }
    }

    @Test("read where the variables and files of a grant come from")
    func variables() throws {
        var options = try GrantOptions.parse(["--env", "A=1=2", "--env", "HOME", "--secret", "K=/f", "--cwd", "/w"])
        let grants = try options.grants(environment: ["HOME": "/h"])
        #expect(grants.environment == ["A": "1=2", "HOME": "/h"])
        #expect(grants.secrets == ["K": "/f"])
        #expect(grants.workingDirectory == "/w")
        #expect(grants.level == .process)
        options = try GrantOptions.parse(["--env", "GONE"])
        #expect(throws: HeddleError.self) { try options.grants(environment: [:]) }
    }

    @Test("say where the program comes from")
    func sources() throws {
        let package = try SourceOptions.parse(["time", "--pypi", "mcp-server-time"]).request()
        #expect(package.name == "time")
        #expect(package.source == .pypi(PythonPackage(requirement: "mcp-server-time")))
        let line = ["db", "--pypi", "a", "--with", "b<2", "--module", "m", "--", "--db", "/data/x"]
        #expect(
            try SourceOptions.parse(line).request().source
                == .pypi(PythonPackage(requirement: "a", with: ["b<2"], module: "m", arguments: ["--db", "/data/x"]))
        )
        let directory = try SourceOptions.parse(["/a/b"]).request()
        #expect(directory.name == nil)
        #expect(directory.source == .directory("/a/b"))
        let command = try SourceOptions.parse(["x", "--", "run", "--flag"]).request()
        #expect(command.source == .command(["run", "--flag"], directory: AbsolutePath.currentDirectory))
    }

    @Test("ask before something gets more than the sandbox gives everybody")
    func consent() {
        #expect(Consent.step(isAgreed: false, isInteractive: false, hasGrants: false) == .goOn)
        #expect(Consent.step(isAgreed: false, isInteractive: false, hasGrants: true) == .refuse)
        #expect(Consent.step(isAgreed: false, isInteractive: true, hasGrants: false) == .ask)
        #expect(Consent.step(isAgreed: true, isInteractive: false, hasGrants: true) == .goOn)
    }
}
