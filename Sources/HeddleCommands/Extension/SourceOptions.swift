import ArgumentParser
package import HeddleModel

/// The arguments of `ext add` that say what is added.
package struct SourceOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("A name for it, or a directory with an extension.json.", valueName: "name-or-directory")
    )
    var subject: String

    @Option(help: "The name, when a directory is given and its manifest's name is not wanted.")
    var name: String?

    @Option(help: ArgumentHelp("A package of PyPI, such as mcp-server-time or 'x>=1.2'.", valueName: "requirement"))
    var pypi: String?

    @Option(help: ArgumentHelp("A package to install beside it; can be repeated.", valueName: "requirement"))
    var with: [String] = []

    @Option(help: "The Python module to run, when it cannot be told from the package.")
    var module: String?

    @Flag(help: "Let the package run its own build steps.")
    var allowBuild = false

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("The program and its arguments; with --pypi the arguments alone.", valueName: "command")
    )
    var command: [String] = []

    package init() {}

    package func validate() throws {
        let ways = (isDirectory ? 1 : 0) + (pypi == nil && command.isEmpty ? 0 : 1)
        guard ways == 1 else {
            throw ValidationError(
                "Say how it is run: 'heddle ext add NAME -- COMMAND...', "
                    + "'heddle ext add NAME --pypi REQUIREMENT' or 'heddle ext add ./DIRECTORY'."
            )
        }
        guard pypi != nil || (with.isEmpty && module == nil && !allowBuild) else {
            throw ValidationError("--with, --module and --allow-build go with --pypi.")
        }
        guard isDirectory || name == nil else { throw ValidationError("--name goes with a directory.") }
    }

    /// A name has neither slash nor dot.
    private var isDirectory: Bool { subject.contains("/") || subject.contains(".") || subject == "~" }

    /// The name, and where the program comes from.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when the name breaks the rule.
    package func request() throws(HeddleError) -> (name: String?, source: ExtensionSource) {
        if isDirectory {
            let name = try name.map { text throws(HeddleError) in try ExtensionName(text).rawValue }
            return (name, .directory(AbsolutePath.resolve(subject)))
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
        return (name, .command(command, directory: AbsolutePath.currentDirectory))
    }
}
