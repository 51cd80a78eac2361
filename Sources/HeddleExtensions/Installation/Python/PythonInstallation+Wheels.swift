import HeddleModel
import HeddleSandbox
import NIOPosix

/// An installation that takes ready-made wheels only, each of which the server has seen and hashed.
extension PythonInstallation {
    /// Finds out which wheels are needed, fetches those that the store does not have, and installs them without a network.
    func installWheels(_ base: BasePython, _ pip: ToolConfiguration) async throws -> (PipReport, lock: String) {
        let wanted: [PythonWheel]
        if let lock {
            wanted = lock.wheels
        } else {
            wanted = try await stages.time("install.resolve") { try await resolve(base, pip) }
        }
        let wheels = WheelView(folder: view, store: installer.store)
        var found = try await NIOThreadPool.singleton.runIfActive { [wanted] in
            let missing = Set(wheels.link(wanted))
            return (present: wanted.filter { !missing.contains($0) }, missing: wanted.filter(missing.contains))
        }
        if !found.missing.isEmpty {
            found.present += try await stages.time("install.download") { [missing = found.missing] in
                try await download(missing, wheels, base, pip)
            }
        }
        let lock = PythonLock(found.present)
        return try await stages.time("install.install") {
            (try await install(lock, base, pip), lock.text)
        }
    }

    private func resolve(_ base: BasePython, _ pip: ToolConfiguration) async throws -> [PythonWheel] {
        let policy = installer.policy(base, pip, directory: directory, userID: userID, hasNetwork: true)
        var command = pipCommand + ["install", "--dry-run", "--report", "/data/resolved.json"]
        command += ["--only-binary", ":all:", "--cache-dir", "/data/cache"] + PythonInstaller.pipOptions
        command += ["--"] + requirements.map(\.argument)
        guard try await step.run(command, policy: policy) == .exited(0) else { throw failure }
        return try readReport("resolved.json").wheels()
    }

    /// Fetches wheels, and takes them into the store and the view.
    private func download(
        _ wheels: [PythonWheel],
        _ view: WheelView,
        _ base: BasePython,
        _ pip: ToolConfiguration
    ) async throws -> [PythonWheel] {
        let policy = installer.policy(base, pip, directory: directory, userID: userID, hasNetwork: true)
        var command = pipCommand + ["download", "--no-deps", "--only-binary", ":all:", "-d", "/data/wheels"]
        // Where the wheels are that were fetched to be looked into.
        command += ["--cache-dir", "/data/cache"] + PythonInstaller.pipOptions
        // pip wants hashes of all or of none.
        for (name, part, options) in [
            ("hashed.txt", wheels.filter { $0.digest != nil }, ["--require-hashes"]),
            ("unhashed.txt", wheels.filter { $0.digest == nil }, []),
        ] where !part.isEmpty {
            guard write(part.map(\.requirement).joined(), name) else { throw Self.unwritable }
            let whole = command + options + ["-r", self.view + "/" + name]
            guard try await step.run(whole, policy: policy) == .exited(0) else { throw failure }
        }
        return try await NIOThreadPool.singleton.runIfActive {
            try view.collect(wheels, below: work, in: ["home", "wheels"])
        }
    }

    /// Installs what is in the view, and makes sure that pip did.
    private func install(_ lock: PythonLock, _ base: BasePython, _ pip: ToolConfiguration) async throws -> PipReport {
        guard write(lock.text, "requirements.lock") else { throw Self.unwritable }
        let policy = installer.policy(base, pip, directory: directory, userID: userID, hasNetwork: false)
        var command = pipCommand + ["install", "--no-index", "--no-deps", "--require-hashes", "--no-cache-dir"]
        command += ["--only-binary", ":all:", "--find-links", view, "--report", "/data/installed.json"]
        command += PythonInstaller.pipOptions + ["-r", view + "/requirements.lock"]
        guard try await step.run(command, policy: policy) == .exited(0) else { throw failure }
        let report = try readReport("installed.json")
        let installed = Set(report.distributions.map(\.normalizedName))
        if let missing = lock.wheels.first(where: { !installed.contains($0.distribution) }) {
            throw HeddleError(.installationFailed, "pip did not install '\(missing.distribution)'")
        }
        return report
    }

    private static var unwritable: HeddleError {
        HashedCopy.isDiskFull
            ? HashedCopy.storageFull : HeddleError(.installationFailed, "the list of packages could not be written")
    }
}
