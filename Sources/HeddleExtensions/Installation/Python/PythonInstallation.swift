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
    let lock: PythonLock?
    let step: InstallationStep
    let stages: StageTimes

    var venv: String { directory + "/venv" }
    var work: String { directory + "/work" }
    var home: String { directory + "/work/home" }
    /// What pip may read and not change; apart from `work`, which is its own.
    var view: String { directory + "/view" }
    /// pip without an environment of its own, as it was unpacked.
    var pipCommand: [String] { [venv + "/bin/python", "-I", "/data/pip/pip"] }

    /// Runs all stages, and cleans up behind whichever fails.
    func run() async throws -> InstalledPackage {
        let made = [venv, work, view, directory + "/requirements.lock"]
        return try await step.log.keep(in: directory, removing: made) { try await install() }
    }

    private func install() async throws -> InstalledPackage {
        let (base, pip) = try await stages.time("install.prepare") {
            let base = try await BasePython.find(configured: installer.python, resolver: installer.resolver)
            let pip = ToolConfiguration(of: .pip, environment: installer.environment, rules: installer.resolver.rules)
            try prepareFolders(pip)
            return (base, pip)
        }
        step.progress("making a virtual environment with Python \(base.version.major).\(base.version.minor)")
        try await stages.time("install.environment") { try await makeEnvironment(base, pip) }
        let (report, lock) = try await allowBuild ? build(base, pip) : installWheels(base, pip)
        return try await stages.time("install.seal") {
            // Before anything is read from the tree, it becomes the server's own.
            guard InstallationTree.seal(venv), InstallationTree.remove(work), InstallationTree.remove(view) else {
                throw HeddleError(.installationFailed, "the installed files could not be made read-only")
            }
            return try await finish(base, report, lock)
        }
    }

    private func prepareFolders(_ pip: ToolConfiguration) throws(HeddleError) {
        for path in [venv, work, view, directory + "/requirements.lock"] where !InstallationTree.remove(path) {
            throw HeddleError(.installationFailed, "what an earlier installation left could not be removed")
        }
        var isReady = [venv, home, home + "/tmp", view].allSatisfy { InstallationTree.makeFolder($0) }
        isReady = isReady && pip.copyUserFiles(to: home)
        if allowBuild, let lock { isReady = isReady && write(lock.text, "requirements.lock") }
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
                    "no virtual environment could be made: " + step.log.reason
                )
            }
        }
    }

    /// Lets pip do all at once, since a build runs code that its packages bring: what it makes is no file of the index.
    private func build(_ base: BasePython, _ pip: ToolConfiguration) async throws -> (PipReport, lock: String) {
        let policy = installer.policy(base, pip, directory: directory, userID: userID, hasNetwork: true)
        var command = pipCommand + ["install", "--no-cache-dir"] + PythonInstaller.pipOptions
        command += ["--report", "/data/report.json"]
        if lock != nil {
            command += ["--require-hashes", "--no-deps", "-r", view + "/requirements.lock"]
        } else {
            command += ["--"] + requirements.map(\.argument)
        }
        let report = try await stages.time("install.install") {
            guard try await step.run(command, policy: policy) == .exited(0) else { throw failure }
            return try readReport("report.json")
        }
        return (report, report.lock)
    }

    /// Why pip failed, in the sentence that tells it best.
    var failure: HeddleError {
        let reason = step.log.reason
        guard !reason.contains("DO NOT MATCH THE HASHES") else {
            return HeddleError(
                .integrityFailed,
                "a package is not the one that its index or lock names: \(step.log.details)"
            )
        }
        guard !reason.contains("No space left on device") else { return HashedCopy.storageFull }
        guard !allowBuild, reason.hasPrefix("No matching distribution") else {
            return HeddleError(.installationFailed, reason)
        }
        return HeddleError(
            .installationFailed,
            reason + " (only ready-made wheels are taken, unless building is allowed)"
        )
    }

    func readReport(_ name: String) throws(HeddleError) -> PipReport {
        guard let bytes = HostFile.read("\(home)/\(name)", upTo: 32 << 20, followingLinks: false),
            let report = PipReport(bytes)
        else { throw HeddleError(.installationFailed, "pip left no report of what it installed") }
        return report
    }

    /// Writes a file that pip reads and cannot change.
    func write(_ text: String, _ name: String) -> Bool {
        InstallationTree.write(Array(text.utf8), to: "\(view)/\(name)")
    }

    private func finish(
        _ base: BasePython,
        _ report: PipReport,
        _ lock: String
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
        guard InstallationTree.write(Array(lock.utf8), to: directory + "/requirements.lock") else {
            throw HeddleError(.installationFailed, "the lock of the installation could not be written")
        }
        let entryPoint = PythonEntryPoint(
            environment: venv,
            library: "python\(base.version.major).\(base.version.minor)"
        )
        let command = try entryPoint.command(distribution: distribution.name, module: module)
        let resolved = try await installer.resolver.resolve(command, directory: nil)
        return InstalledPackage(
            command: resolved.command,
            name: distribution.name,
            version: distribution.version,
            semanticVersion: version,
            lock: lock,
            // Not what the resolver found: the tree was made by strangers, and a path in it is not a grant.
            readOnlyPaths: HostPath.minimal([venv] + base.readOnlyPaths),
            environment: resolved.environment
        )
    }
}
