import HeddleModel
import HeddleSandbox
import NIOPosix

/// An installation from a registry, each file of which the server has seen and hashed.
extension NodeInstallation {
    /// More addresses than these are not given to one run of npm, so that its command line has an end.
    private static let addressesAtOnce = 100

    /// Finds out which tarballs are needed, fetches those that the store does not have, and installs them without a network.
    ///
    /// - Returns: The lock as npm wrote it.
    func installTarballs(_ npm: ResolvedCommand, _ tool: ToolConfiguration) async throws -> [UInt8] {
        let network = installer.policy(npm, tool, for: self, hasNetwork: true)
        let lock: NodeLock
        if let known {
            lock = known
        } else {
            lock = try await stages.time("install.resolve") {
                let options = ["install", "--package-lock-only", "--omit=dev", "--save-exact", "--"]
                try await run(npm.command + options + requirements.map(\.argument), network)
                return try NodeLock(readLock())
            }
        }
        let tarballs = TarballView(folder: view, store: installer.store)
        let missing = try await NIOThreadPool.singleton.runIfActive { [lock] in tarballs.link(lock.tarballs) }
        if !missing.isEmpty {
            try await stages.time("install.download") { try await download(missing, tarballs, npm, network) }
        }
        return try await stages.time("install.install") {
            guard tarballs.makeCache(cache), InstallationTree.give(cache, to: userID) else {
                throw HashedCopy.isDiskFull
                    ? HashedCopy.storageFull : HeddleError(.installationFailed, "npm's cache could not be made")
            }
            let policy = installer.policy(npm, tool, for: self, hasNetwork: false)
            try await run(npm.command + ["ci", "--omit=dev", "--offline"], policy)
            guard try readLock() == lock.bytes else { throw HeddleError(.integrityFailed, "npm changed its lock") }
            return lock.bytes
        }
    }

    /// Fetches tarballs into npm's cache, and takes them from there into the store and the view.
    private func download(
        _ tarballs: [NodeLock.Tarball],
        _ view: TarballView,
        _ npm: ResolvedCommand,
        _ policy: SandboxPolicy
    ) async throws {
        for isOptional in [false, true] {
            var rest = tarballs.filter { $0.isOptional == isOptional }.map(\.address)[...]
            while !rest.isEmpty {
                let part = rest.prefix(Self.addressesAtOnce)
                rest = rest.dropFirst(part.count)
                do {
                    // What is in the cache already is not asked for again.
                    try await run(npm.command + ["cache", "add", "--prefer-offline", "--"] + part, policy)
                } catch let error as HeddleError where isOptional && error.code == .installationFailed {
                    step.log.add("an optional package could not be fetched")
                }
            }
        }
        try await NIOThreadPool.singleton.runIfActive {
            try view.collect(tarballs, below: work, in: ["home", "cache"])
        }
    }
}
