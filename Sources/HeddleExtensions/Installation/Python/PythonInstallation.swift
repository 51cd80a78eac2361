import Glibc
import HeddleModel
import HeddleSandbox

/// One installation from the empty folder to the sealed environment.
struct PythonInstallation {
    let installer: PythonInstaller
    let requirements: [PythonRequirement]
    let module: String?
    let directory: String
    let userID: UInt32
    let allowBuild: Bool
    let lock: String?
    let step: InstallationStep

    private var venv: String { directory + "/venv" }
    private var work: String { directory + "/work" }
    private var home: String { directory + "/work/home" }

    /// Runs all stages, and cleans up behind whichever fails.
    func run() async throws -> InstalledPackage {
        let made = [venv, work, directory + "/requirements.lock"]
        return try await step.log.keep(in: directory, removing: made) { try await stages() }
    }

    private func stages() async throws -> InstalledPackage {
        var stopwatch = Stopwatch()
        let base = try await BasePython.find(configured: installer.python, resolver: installer.resolver)
        let pip = ToolConfiguration(of: .pip, environment: installer.environment, rules: installer.resolver.rules)
        try prepareFolders(pip)
        stopwatch.lap("prepare")
        step.progress("making a virtual environment with Python \(base.version.major).\(base.version.minor)")
        try await makeEnvironment(base, pip)
        stopwatch.lap("environment")
        try await installDistributions(base, pip)
        stopwatch.lap("install")
        let report = try readReport()
        // Before anything is read from the tree, it becomes the server's own.
        guard InstallationTree.seal(venv), InstallationTree.remove(work) else {
            throw HeddleError(.installationFailed, "the installed files could not be made read-only")
        }
        stopwatch.lap("seal")
        return try await finish(base, report, &stopwatch)
    }

    private func prepareFolders(_ pip: ToolConfiguration) throws(HeddleError) {
        for path in [venv, work, directory + "/requirements.lock"] where !InstallationTree.remove(path) {
            throw HeddleError(.installationFailed, "what an earlier installation left could not be removed")
        }
        var isReady = [venv, home, home + "/tmp"].allSatisfy { InstallationTree.makeFolder($0) }
        isReady = isReady && pip.copyUserFiles(to: home)
        if let lock { isReady = isReady && InstallationTree.write(Array(lock.utf8), to: home + "/requirements.lock") }
        isReady = isReady && InstallationTree.give(venv, to: userID) && InstallationTree.give(home, to: userID)
        guard isReady else {
            throw HeddleError(.installationFailed, "the folder of the installation could not be made")
        }
    }

    /// Makes the environment without a pip of its own: an extension has no use for one, and it takes seconds.
    private func makeEnvironment(_ base: BasePython, _ pip: ToolConfiguration) async throws {
        let policy = installer.policy(base, pip, directory: directory, userID: userID, hasNetwork: false)
        let commands = [
            [base.executable, "-I", "-m", "venv", "--without-pip", venv],
            [base.executable, "-I", "-m", "zipfile", "-e", base.pip, "/data/pip"],
        ]
        for command in commands {
            guard try await step.run(command, policy: policy) == .exited(0) else {
                throw HeddleError(
                    .installationFailed,
                    "no virtual environment could be made: " + reason
                )
            }
        }
    }

    private func installDistributions(_ base: BasePython, _ pip: ToolConfiguration) async throws {
        let policy = installer.policy(base, pip, directory: directory, userID: userID, hasNetwork: true)
        var command = [venv + "/bin/python", "-I", "/data/pip/pip", "install", "--no-input", "--no-cache-dir"]
        command += ["--disable-pip-version-check", "--progress-bar", "off", "--report", "/data/report.json"]
        if !allowBuild { command += ["--only-binary", ":all:"] }
        if lock != nil {
            command += ["--require-hashes", "--no-deps", "-r", "/data/requirements.lock"]
        } else {
            command += ["--"] + requirements.map(\.argument)
        }
        guard try await step.run(command, policy: policy) == .exited(0) else {
            throw HeddleError(.installationFailed, reason)
        }
    }

    /// The sentence that tells best why pip failed.
    private var reason: String {
        let reason = step.log.reason
        guard !allowBuild, reason.hasPrefix("No matching distribution") else { return reason }
        return reason + " (only ready-made wheels are taken, unless building is allowed)"
    }

    private func readReport() throws(HeddleError) -> PipReport {
        guard let bytes = HostFile.read(home + "/report.json", upTo: 32 << 20, followingLinks: false),
            let report = PipReport(bytes)
        else { throw HeddleError(.installationFailed, "pip left no report of what it installed") }
        return report
    }

    private func finish(
        _ base: BasePython,
        _ report: PipReport,
        _ stopwatch: inout Stopwatch
    ) async throws -> InstalledPackage {
        guard let main = requirements.first,
            let distribution = report.distributions.first(where: { $0.normalizedName == main.normalizedName })
        else { throw HeddleError(.installationFailed, "pip did not install what was asked for") }
        guard let version = PythonVersion.semantic(distribution.version) else {
            throw HeddleError(
                .installationFailed,
                "'\(distribution.name)' has a version that is none by Python's rules",
                details: ["version": distribution.version]
            )
        }
        guard InstallationTree.write(Array(report.lock.utf8), to: directory + "/requirements.lock") else {
            throw HeddleError(.installationFailed, "the lock of the installation could not be written")
        }
        let entryPoint = PythonEntryPoint(
            environment: venv,
            library: "python\(base.version.major).\(base.version.minor)"
        )
        let command = try entryPoint.command(distribution: distribution.name, module: module)
        let resolved = try await installer.resolver.resolve(command, directory: nil)
        stopwatch.lap("resolve")
        return InstalledPackage(
            command: resolved.command,
            name: distribution.name,
            version: distribution.version,
            semanticVersion: version,
            lock: report.lock,
            // Not what the resolver found: the tree was made by strangers, and a path in it is not a grant.
            readOnlyPaths: HostPath.minimal([venv] + base.readOnlyPaths),
            environment: resolved.environment,
            stages: stopwatch.laps
        )
    }
}
