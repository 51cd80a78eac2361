import HeddleModel
package import HeddleSandbox
import JSON
package import Logging

/// Installs a distribution of PyPI into a virtual environment of its own.
///
/// Everything that runs is confined, with the public network while pip loads and without it otherwise. Ready-made wheels are
/// hashed by the server before they are installed, and kept in a ``PackageStore``; what an extension's build made never is, since
/// it would run as part of the next extension.
package struct PythonInstaller: Sendable {
    /// The bounds of an installation.
    static let timeLimit = Duration.seconds(600)
    private static let limits = ResourceLimits(
        memoryBytes: 2 << 30,
        processes: 256,
        openFiles: 4096,
        fileBytes: 4 << 30,
        temporaryBytes: 256 << 20
    )

    let sandbox: Sandbox
    let resolver: CommandResolver
    let environment: [String: String]
    let store: PackageStore
    let python: String?
    let logger: Logger

    /// What every run of pip is told.
    static let pipOptions = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]

    /// Makes an installer.
    ///
    /// - Parameters:
    ///   - sandbox: Where everything runs.
    ///   - resolver: Finds the interpreter.
    ///   - environment: The server's own, of which pip's options, proxies and certificates are passed on.
    ///   - store: Where wheels are kept.
    ///   - python: The interpreter to use; nil takes the best one on the search path.
    ///   - logger: Gets one line an installation.
    package init(
        sandbox: Sandbox,
        resolver: CommandResolver,
        environment: [String: String],
        store: PackageStore,
        python: String? = nil,
        logger: Logger
    ) {
        self.sandbox = sandbox
        self.resolver = resolver
        self.environment = environment
        self.store = store
        self.python = python
        self.logger = logger
    }

    /// Installs into a folder, which gets `venv`, `requirements.lock` and `install.log`.
    ///
    /// A failed installation leaves the log alone, a cancelled one nothing.
    ///
    /// - Parameters:
    ///   - requirement: The distribution, and further requirements that pin what it depends on.
    ///   - module: The module that starts it; nil finds the program of the distribution.
    ///   - directory: A folder of this installation's own; it may not hold the sandbox's protected paths.
    ///   - userID: Whom the confined steps run as.
    ///   - allowBuild: Whether source distributions are taken, which run their own code when they are built.
    ///   - lock: A lock of an earlier installation that is to be repeated exactly.
    ///   - stages: Gets how long each part took.
    ///   - progress: Gets a line for people now and then.
    /// - Returns: What was installed and how it is started.
    /// - Throws: ``HeddleError`` with `invalidRequest`, `installationFailed`, `integrityFailed`, `storageFull` or the sandbox's codes;
    ///   `CancellationError`.
    package func install(
        requirement: String,
        module: String?,
        into directory: String,
        userID: UInt32,
        allowBuild: Bool,
        lock: String? = nil,
        stages: StageTimes = StageTimes(),
        progress: @Sendable @escaping (String) -> Void
    ) async throws -> InstalledPackage {
        let requirements = try PythonRequirement.list(requirement)
        try Self.check(module: module)
        let parsed = lock.flatMap(PythonLock.init)
        guard lock == nil || parsed != nil else {
            throw HeddleError(.invalidRequest, "the lock is not one that Heddle wrote", details: ["field": "lock"])
        }
        let installation = PythonInstallation(
            installer: self,
            requirements: requirements,
            module: module,
            directory: HostPath.normalised(directory),
            userID: userID,
            allowBuild: allowBuild,
            lock: parsed,
            step: InstallationStep(
                sandbox: sandbox,
                log: InstallationLog(),
                directory: HostPath.normalised(directory),
                deadline: .now + Self.timeLimit,
                progress: progress
            ),
            stages: stages
        )
        let result = try await installation.run()
        logger.info(
            "installed a distribution",
            metadata: ["name": "\(result.name)", "version": "\(result.version)", "stages": "\(stages.value.text)"]
        )
        return result
    }

    private static func check(module: String?) throws(HeddleError) {
        guard let module else { return }
        let parts = module.split(separator: ".", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            part.first?.isNumber == false
                && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        }
        guard isName, module.utf8.count <= 256 else {
            throw HeddleError(.invalidRequest, "the module is a dotted Python name", details: ["field": "module"])
        }
    }

    /// What the confined steps are given.
    func policy(
        _ base: BasePython,
        _ pip: ToolConfiguration,
        directory: String,
        userID: UInt32,
        hasNetwork: Bool
    ) -> SandboxPolicy {
        // What the operator told pip is where packages come from, which the last step must not ask.
        var variables = hasNetwork ? pip.environment : ["PIP_CONFIG_FILE": "/dev/null"]
        variables.merge([
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/data", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1",
            // Wheels are unpacked here, and may be larger than what /tmp has of the memory.
            "TMPDIR": "/data/tmp",
        ]) { $1 }
        return SandboxPolicy(
            readOnlyPaths: base.readOnlyPaths + [directory + "/view"] + (hasNetwork ? pip.readOnlyPaths : []),
            writablePaths: [directory + "/venv"],
            dataDirectory: directory + "/work/home",
            environment: variables,
            network: hasNetwork ? .publicInternet : .none,
            limits: Self.limits,
            userID: userID
        )
    }
}
