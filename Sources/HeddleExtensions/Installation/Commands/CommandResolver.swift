import HeddleModel

/// Finds out what a command line runs and what it must be able to read, without running any of it.
///
/// Follows the search path, links, `#!` lines, shims, virtual environments, project folders and the libraries that a
/// program asks of the loader. The one thing that is run is an interpreter's shim on the server's own search path.
package struct CommandResolver: Sendable {
    let searchPath: [String]
    let rules: GrantRules
    let cache = ResolutionCache()

    /// Makes a resolver.
    ///
    /// - Parameters:
    ///   - searchPath: The server's own `PATH`.
    ///   - protectedPaths: Heddle's data directory and the home directories, which are never granted as a whole.
    package init(searchPath: String, protectedPaths: [String]) {
        self.searchPath = searchPath.split(separator: ":").filter { $0.hasPrefix("/") }
            .map { HostPath.normalised(String($0)) }
        rules = GrantRules(protectedPaths: protectedPaths)
    }

    /// Resolves a command line.
    ///
    /// - Parameters:
    ///   - command: The program and its arguments.
    ///   - directory: Where names of files are relative to; nil when the command line comes without a folder.
    /// - Returns: What runs, with what it needs.
    /// - Throws: ``HeddleError`` with `commandNotFound`, `grantRefused` or `pathNotReadable`; `CancellationError`.
    package func resolve(_ command: [String], directory: String?) async throws -> ResolvedCommand {
        var resolution = CommandResolution(resolver: self, directory: directory)
        let words = try await resolution.expand(command)
        let readOnlyPaths = HostPath.minimal(resolution.paths)
        try ReadableCheck().check(files: resolution.files, folders: readOnlyPaths)
        return ResolvedCommand(
            command: words,
            readOnlyPaths: readOnlyPaths,
            environment: resolution.environment
        )
    }

    /// The path that a program's name stands for.
    ///
    /// - Throws: ``HeddleError`` with `commandNotFound`.
    func locate(_ name: String, directory: String?) throws(HeddleError) -> String {
        guard !name.isEmpty, !name.utf8.contains(0) else { throw missing(name, "the command names no program") }
        if name.hasPrefix("/") { return try runnable(HostPath.normalised(name), as: name) }
        if let directory {
            let path = directory + "/" + name
            // A manifest may name a program beside it without a leading dot.
            if name.contains("/") || HostFile(path)?.isExecutable == true { return try runnable(path, as: name) }
        }
        guard !name.contains("/") else {
            throw missing(name, "'\(name)' is relative to a folder, and none is given")
        }
        for folder in searchPath {
            let path = folder + "/" + name
            if HostFile(path)?.isExecutable == true { return path }
        }
        throw missing(name, "'\(name)' is not a program on the server's search path")
    }

    private func runnable(_ path: String, as name: String) throws(HeddleError) -> String {
        guard let folder = HostFile.realPath(HostPath.parent(path)), let file = HostFile(path) else {
            throw missing(name, "'\(HostPath.name(name))' does not exist")
        }
        guard file.kind == .regular else { throw missing(name, "'\(HostPath.name(name))' is not a file") }
        guard file.isExecutable else { throw missing(name, "'\(HostPath.name(name))' is not executable") }
        // `..` and `.` in what was given would not survive as a path to mount.
        return path == HostPath.normalised(path) ? path : HostPath.normalised(folder + "/" + HostPath.name(path))
    }

    func missing(_ name: String, _ message: String) -> HeddleError {
        HeddleError(.commandNotFound, message, details: ["command": String(name.prefix(256))])
    }
}
