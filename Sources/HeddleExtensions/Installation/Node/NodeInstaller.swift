import HeddleModel
package import HeddleSandbox
import JSON
package import Logging

/// Installs a package of npm with what it depends on, without running any script of theirs.
///
/// npm runs confined, with the public network while it chooses and fetches, and without it while it installs. The lock that it
/// writes pins every package by its hash, which the server checks before it keeps the file in a ``PackageStore``.
package struct NodeInstaller: Sendable {
    private static let timeLimit = Duration.seconds(600)
    private static let limits = ResourceLimits(
        memoryBytes: 4 << 30,
        processes: 256,
        openFiles: 4096,
        fileBytes: 4 << 30,
        temporaryBytes: 256 << 20
    )

    let sandbox: Sandbox
    let resolver: CommandResolver
    let environment: [String: String]
    let store: PackageStore
    let logger: Logger

    /// Makes an installer.
    ///
    /// - Parameters:
    ///   - sandbox: Where npm runs.
    ///   - resolver: Finds npm and node.
    ///   - environment: The server's own, of which npm's options, proxies and certificates are passed on.
    ///   - store: Where tarballs are kept.
    ///   - logger: Gets one line an installation.
    package init(
        sandbox: Sandbox,
        resolver: CommandResolver,
        environment: [String: String],
        store: PackageStore,
        logger: Logger
    ) {
        self.sandbox = sandbox
        self.resolver = resolver
        self.environment = environment
        self.store = store
        self.logger = logger
    }

    /// Installs into a folder, which gets `node`, `package-lock.json` and `install.log`.
    ///
    /// - Parameters:
    ///   - packages: The package, and further ones that pin what it depends on.
    ///   - program: Which of its programs starts it; nil takes the one named like it, or the only one.
    ///   - directory: A folder of this installation's own.
    ///   - userID: Whom npm runs as.
    ///   - lock: A lock of an earlier installation of packages of a registry that is to be repeated exactly.
    ///   - stages: Gets how long each part took.
    ///   - progress: Gets a line for people now and then.
    /// - Returns: What was installed and how it is started.
    /// - Throws: ``HeddleError`` with `invalidRequest`, `commandNotFound`, `installationFailed`, `integrityFailed`, `storageFull` or
    ///   the sandbox's codes; `CancellationError`.
    package func install(
        packages: [String],
        program: String?,
        into directory: String,
        userID: UInt32,
        lock: String? = nil,
        stages: StageTimes = StageTimes(),
        progress: @Sendable @escaping (String) -> Void
    ) async throws -> InstalledPackage {
        let requirements = try packages.map { text throws(HeddleError) in try NodeRequirement(text) }
        guard !requirements.isEmpty, requirements.count <= 32 else {
            throw HeddleError(.invalidRequest, "an installation names 1 to 32 packages")
        }
        let known = try lock.map { text throws(HeddleError) in try NodeLock(Array(text.utf8)) }
        guard known == nil || requirements.allSatisfy({ $0.file == nil }) else {
            throw HeddleError(.invalidRequest, "files of the host have no lock", details: ["field": "lock"])
        }
        let installation = NodeInstallation(
            installer: self,
            requirements: requirements,
            program: program,
            directory: HostPath.normalised(directory),
            userID: userID,
            known: known,
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
            "installed a package of npm",
            metadata: ["name": "\(result.name)", "version": "\(result.version)", "stages": "\(stages.value.text)"]
        )
        return result
    }

    /// What npm is given.
    func policy(
        _ npm: ResolvedCommand,
        _ tool: ToolConfiguration,
        for installation: NodeInstallation,
        files: [String] = [],
        hasNetwork: Bool
    ) -> SandboxPolicy {
        let directory = installation.directory
        // A registry that does not answer is given up after seconds instead of minutes, unless the operator says otherwise.
        var variables = ["npm_config_fetch_retry_mintimeout": "500", "npm_config_fetch_retry_maxtimeout": "3000"]
        variables.merge(tool.environment) { $1 }
        variables.merge(npm.environment) { $1 }
        variables.merge([
            "HOME": "/data", "LANG": "C.UTF-8", "TMPDIR": "/data/tmp",
            "npm_config_cache": hasNetwork ? "/data/cache" : installation.cache,
            "npm_config_ignore_scripts": "true", "npm_config_audit": "false", "npm_config_fund": "false",
            // A package from a git repository brings options of its own, which name programs to run.
            "npm_config_git": "/nonexistent/git", "npm_config_update_notifier": "false", "npm_config_loglevel": "warn",
            "npm_config_progress": "false", "npm_config_package_lock": "true", "npm_config_prefer_online": "false",
            "npm_config_logs_dir": "/data/logs",
        ]) { $1 }
        if variables["PATH"] == nil { variables["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        return SandboxPolicy(
            readOnlyPaths: HostPath.minimal(npm.readOnlyPaths + tool.readOnlyPaths + files + [installation.view]),
            writablePaths: [directory + "/node"] + (hasNetwork ? [] : [installation.cache]),
            dataDirectory: directory + "/work/home",
            environment: variables,
            workingDirectory: directory + "/node",
            network: hasNetwork ? .publicInternet : .none,
            limits: Self.limits,
            userID: installation.userID
        )
    }
}
