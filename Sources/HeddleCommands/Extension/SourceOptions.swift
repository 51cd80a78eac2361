import ArgumentParser
package import HeddleModel

/// The arguments of `ext add` that say what is added.
package struct SourceOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "A name for it, or a directory, archive or address of an archive with an extension.json.",
            valueName: "name-or-path"
        )
    )
    var subject: String

    @Option(help: "The name, when a directory is given and its manifest's name is not wanted.")
    var name: String?

    @Option(help: ArgumentHelp("The SHA-256 that an archive has to have.", valueName: "hex"))
    var sha256: String?

    @Option(help: ArgumentHelp("A package of PyPI, such as mcp-server-time or 'x>=1.2'.", valueName: "requirement"))
    var pypi: String?

    @Option(
        help: ArgumentHelp("A package of npm, such as '@scope/name@^1', or a .tgz of it.", valueName: "package")
    )
    var npm: String?

    @Option(help: ArgumentHelp("A package to install beside it; can be repeated.", valueName: "requirement"))
    var with: [String] = []

    @Option(help: "The Python module to run, when it cannot be told from the package.")
    var module: String?

    @Option(help: "Which program of the npm package starts it, when it has several.")
    var program: String?

    @Flag(help: "Let the package run its own build steps.")
    var allowBuild = false

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp(
            "The program and its arguments; with --pypi or --npm the arguments alone.",
            valueName: "command"
        )
    )
    var command: [String] = []

    package init() {}

    package func validate() throws {
        let packages = [pypi, npm].count { $0 != nil }
        let ways = (isDirectory ? 1 : 0) + max(packages, command.isEmpty ? 0 : 1)
        guard ways == 1 else {
            throw ValidationError(
                "Say how it is run: 'heddle ext add NAME -- COMMAND...', "
                    + "'heddle ext add NAME --pypi REQUIREMENT', 'heddle ext add NAME --npm PACKAGE' or "
                    + "'heddle ext add ./DIRECTORY'."
            )
        }
        guard pypi != nil || (module == nil && !allowBuild) else {
            throw ValidationError("--module and --allow-build go with --pypi.")
        }
        guard npm != nil || program == nil else { throw ValidationError("--program goes with --npm.") }
        guard packages == 1 || with.isEmpty else { throw ValidationError("--with goes with --pypi or --npm.") }
        guard isDirectory && Self.isArchive(subject) || sha256 == nil else {
            throw ValidationError("--sha256 goes with an archive.")
        }
        guard isDirectory || name == nil else { throw ValidationError("--name goes with a directory.") }
    }

    /// A name has neither slash nor dot.
    private var isDirectory: Bool { subject.contains("/") || subject.contains(".") || subject == "~" }

    private static func isArchive(_ path: String) -> Bool {
        [".tgz", ".tar.gz", ".tar", ".zip", ".mcpb", ".dxt"].contains(where: path.hasSuffix) || path.contains("://")
    }

    /// A directory or archive of this host, or an archive at an address.
    static func local(_ text: String, sha256: String?) -> ExtensionSource {
        let scheme = text.prefix { $0 != ":" }.lowercased()
        if scheme == "http" || scheme == "https" { return .url(text, sha256: sha256) }
        let path = AbsolutePath.resolve(text)
        return isArchive(text) ? .archive(path: path, sha256: sha256) : .directory(path)
    }

    /// A package of npm, or a file of this host.
    static func npm(_ package: NodePackage) -> ExtensionSource {
        var package = package
        // Only a file begins like one; '@scope/name' has a slash too.
        let isFile = ["/", ".", "~"].contains(where: package.package.hasPrefix)
        if isFile { package.package = AbsolutePath.resolve(package.package) }
        return .npm(package)
    }

    /// The name, and where the program comes from.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when the name breaks the rule.
    package func request() throws(HeddleError) -> (name: String?, source: ExtensionSource) {
        if isDirectory {
            let name = try name.map { text throws(HeddleError) in try ExtensionName(text).rawValue }
            return (name, Self.local(subject, sha256: sha256))
        }
        let name = try ExtensionName(subject).rawValue
        if let pypi {
            let package = PythonPackage(
                requirement: pypi,
                with: with,
                module: module,
                arguments: command,
                allowsBuild: allowBuild
            )
            return (name, .pypi(package))
        }
        if let npm {
            return (name, Self.npm(NodePackage(package: npm, with: with, program: program, arguments: command)))
        }
        return (name, .command(command, directory: AbsolutePath.currentDirectory))
    }
}
