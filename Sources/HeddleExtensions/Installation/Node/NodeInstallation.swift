import HeddleModel
import HeddleSandbox
import JSON

/// One installation of npm packages from the empty folder to the sealed tree.
struct NodeInstallation {
    let installer: NodeInstaller
    let requirements: [NodeRequirement]
    let program: String?
    let directory: String
    let userID: UInt32
    /// The lock of an installation that is repeated.
    let known: NodeLock?
    let step: InstallationStep
    let stages: StageTimes

    var tree: String { directory + "/node" }
    var work: String { directory + "/work" }
    private var home: String { directory + "/work/home" }
    private var lock: String { directory + "/package-lock.json" }
    /// What npm may read and not change; apart from `work`, which is its own.
    var view: String { directory + "/view" }
    /// The cache of the last step, which nothing before it could prepare.
    var cache: String { directory + "/cache" }

    /// Runs all stages, and cleans up behind whichever fails.
    func run() async throws -> InstalledPackage {
        let made = [tree, work, view, cache, lock]
        return try await step.log.keep(in: directory, removing: made) { try await install() }
    }

    private func install() async throws -> InstalledPackage {
        let tool = ToolConfiguration(of: .npm, environment: installer.environment, rules: installer.resolver.rules)
        let npm = try await stages.time("install.prepare") {
            let npm = try await installer.resolver.resolve(["npm"], directory: nil)
            try prepareFolders(tool)
            return npm
        }
        let files = requirements.compactMap(\.file)
        let bytes = try await files.isEmpty ? installTarballs(npm, tool) : installFiles(files, npm, tool)
        return try await stages.time("install.seal") {
            guard InstallationTree.seal(tree), [work, view, cache].allSatisfy({ InstallationTree.remove($0) }) else {
                throw HeddleError(.installationFailed, "the installed files could not be made read-only")
            }
            return try await finish(bytes)
        }
    }

    private func prepareFolders(_ tool: ToolConfiguration) throws(HeddleError) {
        let folders = [tree, view, home, home + "/tmp", home + "/cache"]
        var isReady =
            [tree, work, view, cache, lock].allSatisfy { InstallationTree.remove($0) }
            && folders.allSatisfy { InstallationTree.makeFolder($0) } && tool.copyUserFiles(to: home)
        let dependencies = known?.dependencies ?? [:]
        let description: JSONValue = ["name": "heddle-extension", "private": true, "dependencies": dependencies]
        isReady = isReady && InstallationTree.write(description.bytes, to: tree + "/package.json")
        if let known { isReady = isReady && InstallationTree.write(known.bytes, to: tree + "/package-lock.json") }
        isReady = isReady && InstallationTree.give(tree, to: userID) && InstallationTree.give(home, to: userID)
        guard isReady else {
            throw HeddleError(.installationFailed, "the folder of the installation could not be made")
        }
    }

    /// Files of the host are no packages of an index: npm installs them and what they depend on at once.
    private func installFiles(
        _ files: [String],
        _ npm: ResolvedCommand,
        _ tool: ToolConfiguration
    ) async throws -> [UInt8] {
        for file in files where !HostFile.isRegular(file) {
            throw HeddleError(.pathNotReadable, "the package '\(HostPath.name(file))' is not a file of this host")
        }
        let policy = installer.policy(npm, tool, for: self, files: files, hasNetwork: true)
        return try await stages.time("install.install") {
            let command = npm.command + ["install", "--omit=dev", "--save-exact", "--"] + requirements.map(\.argument)
            try await run(command, policy)
            return try readLock()
        }
    }

    /// Runs npm.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` and what npm said of it, or what the launch throws.
    func run(_ command: [String], _ policy: SandboxPolicy) async throws {
        guard try await step.run(command, policy: policy) == .exited(0) else {
            let reason = step.log.reason
            if reason.contains("ENOSPC") || reason.contains("no space left") { throw HashedCopy.storageFull }
            throw HeddleError(reason.contains("EINTEGRITY") ? .integrityFailed : .installationFailed, reason)
        }
    }

    /// What npm says it chose.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed`.
    func readLock() throws(HeddleError) -> [UInt8] {
        guard let bytes = HostFile.read(tree + "/package-lock.json", upTo: 32 << 20, followingLinks: false) else {
            throw HeddleError(.installationFailed, "npm left no lock of what it installed")
        }
        return bytes
    }

    private func finish(_ bytes: [UInt8]) async throws -> InstalledPackage {
        guard let description = HostFile.read(tree + "/package.json", upTo: 1 << 20, followingLinks: false),
            let root = try? JSONDocument(description).root
        else { throw HeddleError(.installationFailed, "npm left no lock of what it installed") }
        // npm notes what it was asked for in the order of the names, so that the first asked for is looked up.
        let asked = root["dependencies"].map { $0.members.compactMap(\.name.string) } ?? []
        let name = requirements.first?.name ?? asked.first { name in isFirst(name, root) }
        guard let name, asked.contains(name) else {
            throw HeddleError(.installationFailed, "npm did not install what was asked for")
        }
        let entryPoint = NodeEntryPoint(directory: tree)
        let package = try entryPoint.package(name)
        let command = try entryPoint.command(of: package, program: program)
        let resolved = try await installer.resolver.resolve(command, directory: nil)
        guard InstallationTree.write(bytes, to: lock) else {
            throw HeddleError(.installationFailed, "the lock of the installation could not be written")
        }
        let interpreter = try await installer.resolver.resolve(["node"], directory: nil)
        return InstalledPackage(
            command: resolved.command,
            name: package.name,
            version: package.version,
            semanticVersion: (try? SemanticVersion(package.version)) ?? SemanticVersion(major: 0, minor: 0, patch: 0),
            lock: String(decoding: bytes, as: UTF8.self),
            // Not what the resolver found: the tree was made by strangers, and a path in it is not a grant.
            readOnlyPaths: HostPath.minimal([tree] + interpreter.readOnlyPaths),
            environment: resolved.environment
        )
    }

    /// Whether a dependency is the file that was asked for first.
    private func isFirst(_ name: String, _ root: JSONView) -> Bool {
        guard let file = requirements.first?.file, let source = root["dependencies"]?.member(name)?.string else {
            return false
        }
        return source.hasPrefix("file:") && HostPath.name(source) == HostPath.name(file)
    }
}
