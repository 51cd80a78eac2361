import ArgumentParser
package import HeddleModel

/// The options of `ext add` that grant something.
package struct GrantOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A file or directory it may read; can be repeated.", valueName: "path"))
    var read: [String] = []

    @Option(help: ArgumentHelp("A file or directory it may read and write; can be repeated.", valueName: "path"))
    var write: [String] = []

    @Option(
        help: ArgumentHelp(
            "Hosts it may reach; --net alone grants the public internet; can be repeated.",
            valueName: "host:port"
        )
    )
    var net: [String] = []

    @Option(
        help: ArgumentHelp(
            "A variable, with its value or with that of this shell; can be repeated.",
            valueName: "K[=V]"
        )
    )
    var env: [String] = []

    @Option(help: ArgumentHelp("A variable whose value is in a file; can be repeated.", valueName: "K=file"))
    var secret: [String] = []

    @Option(help: ArgumentHelp("Where it starts; the directory must be granted too.", valueName: "path"))
    var cwd: String?

    @Option(help: "How strongly it is kept apart; none trusts it with all that the server may do.")
    var sandbox: SandboxLevel = .process

    package init() {}

    /// What the options grant, with paths from the root.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` that names the value which cannot be read.
    package func grants(environment: [String: String]) throws(HeddleError) -> Grants {
        Grants(
            read: read.map(AbsolutePath.resolve),
            write: write.map(AbsolutePath.resolve),
            network: try NetworkArguments.grant(net),
            environment: try variables(from: environment),
            secrets: try secrets(),
            workingDirectory: cwd.map(AbsolutePath.resolve),
            level: sandbox
        )
    }

    private func variables(from environment: [String: String]) throws(HeddleError) -> [String: String] {
        var result: [String: String] = [:]
        for text in env {
            if let (name, value) = Self.pair(text) {
                result[name] = value
                continue
            }
            guard let value = environment[text] else {
                throw HeddleError(.invalidRequest, "--env \(text): this shell has no such variable; say \(text)=VALUE")
            }
            result[text] = value
        }
        return result
    }

    private func secrets() throws(HeddleError) -> [String: String] {
        var result: [String: String] = [:]
        for text in secret {
            guard let (name, file) = Self.pair(text), !file.isEmpty else {
                throw HeddleError(.invalidRequest, "--secret \(text): say NAME=FILE")
            }
            result[name] = AbsolutePath.resolve(file)
        }
        return result
    }

    private static func pair(_ text: String) -> (String, String)? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }
}

extension SandboxLevel: ExpressibleByArgument {}
