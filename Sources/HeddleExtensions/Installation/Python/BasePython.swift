import HeddleModel

/// The interpreter that virtual environments are made from.
struct BasePython: Sendable {
    /// The real file behind shims, links and environments.
    let executable: String
    let version: (major: Int, minor: Int)
    /// What the interpreter itself has to be able to read.
    let readOnlyPaths: [String]
    /// The archive of pip that comes with the interpreter.
    let pip: String

    private static let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10"]

    /// Takes the configured interpreter, or the first one on the search path that will do.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` that says what is missing; `CancellationError`.
    static func find(configured: String?, resolver: CommandResolver) async throws -> BasePython {
        var first: HeddleError?
        for name in configured.map({ [$0] }) ?? names + ["/usr/bin/python3"] {
            do {
                return try await BasePython(name, resolver: resolver)
            } catch let error as HeddleError {
                // A python3 that is there and lacks something is more telling than a python3.14 that is not.
                if first == nil || first?.code == .commandNotFound { first = error }
            }
        }
        let reason = first.map { $0.code == .commandNotFound ? "" : ": " + $0.message } ?? ""
        throw HeddleError(
            .installationFailed,
            "no Python 3.10 or later with venv was found" + reason,
            details: ["package": "python3-venv"],
            cause: first
        )
    }

    private init(_ name: String, resolver: CommandResolver) async throws {
        let resolved = try await resolver.resolve([name], directory: nil)
        guard let program = resolved.command.first, let home = PythonHome(interpreter: program),
            let library = home.library, let version = home.version
        else { throw HeddleError(.installationFailed, "'\(name)' has no standard library where it is looked for") }
        guard version >= (3, 10) else {
            throw HeddleError(.installationFailed, "'\(name)' is Python \(version.major).\(version.minor)")
        }
        guard HostFile.isRegular(library + "/venv/__init__.py"), let pip = Self.bundledPip(library) else {
            throw HeddleError(
                .installationFailed,
                "'\(name)' comes without venv and pip; install Debian's package python3-venv"
            )
        }
        executable = home.executable
        self.version = version
        self.pip = pip
        readOnlyPaths = try await resolver.resolve([home.executable], directory: nil).readOnlyPaths
    }

    /// Where `ensurepip` has its copy of pip; Debian keeps it apart.
    private static func bundledPip(_ library: String) -> String? {
        guard HostFile.isRegular(library + "/ensurepip/__init__.py") else { return nil }
        for folder in [library + "/ensurepip/_bundled", "/usr/share/python-wheels"] {
            let name = HostFile.names(in: folder).last { $0.hasPrefix("pip-") && $0.hasSuffix(".whl") }
            if let name { return folder + "/" + name }
        }
        return nil
    }
}
