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
    let step: InstallationStep

    private var tree: String { directory + "/node" }
    private var work: String { directory + "/work" }
    private var home: String { directory + "/work/home" }
    private var lock: String { directory + "/package-lock.json" }

    /// Runs all stages, and cleans up behind whichever fails.
    func run() async throws -> InstalledPackage {
        try await step.log.keep(in: directory, removing: [tree, work, lock]) { try await stages() }
    }

    private func stages() async throws -> InstalledPackage {
        var stopwatch = Stopwatch()
        let npm = try await installer.resolver.resolve(["npm"], directory: nil)
        let tool = ToolConfiguration(of: .npm, environment: installer.environment, rules: installer.resolver.rules)
        try prepareFolders(tool)
        stopwatch.lap("prepare")
        try await install(npm, tool)
        stopwatch.lap("install")
        guard InstallationTree.seal(tree), InstallationTree.remove(work) else {
            throw HeddleError(.installationFailed, "the installed files could not be made read-only")
        }
        stopwatch.lap("seal")
        return try await finish(&stopwatch)
    }

    private func prepareFolders(_ tool: ToolConfiguration) throws(HeddleError) {
        let folders = [tree, home, home + "/tmp", home + "/cache"]
        var isReady =
            [tree, work, lock].allSatisfy { InstallationTree.remove($0) }
            && folders.allSatisfy { InstallationTree.makeFolder($0) } && tool.copyUserFiles(to: home)
        let description: JSONValue = ["name": "heddle-extension", "private": true]
        isReady = isReady && InstallationTree.write(description.bytes, to: tree + "/package.json")
        isReady = isReady && InstallationTree.give(tree, to: userID) && InstallationTree.give(home, to: userID)
        guard isReady else {
            throw HeddleError(.installationFailed, "the folder of the installation could not be made")
        }
    }

    private func install(_ npm: ResolvedCommand, _ tool: ToolConfiguration) async throws {
        let files = requirements.compactMap(\.file)
        for file in files where !HostFile.isRegular(file) {
            throw HeddleError(.pathNotReadable, "the package '\(HostPath.name(file))' is not a file of this host")
        }
        let policy = installer.policy(npm, tool, files: files, directory: directory, userID: userID)
        let command = npm.command + ["install", "--omit=dev", "--save-exact", "--"] + requirements.map(\.argument)
        guard try await step.run(command, policy: policy) == .exited(0) else {
            throw HeddleError(.installationFailed, step.log.reason)
        }
    }

    private func finish(_ stopwatch: inout Stopwatch) async throws -> InstalledPackage {
        guard let bytes = HostFile.read(tree + "/package-lock.json", upTo: 32 << 20, followingLinks: false),
            let description = HostFile.read(tree + "/package.json", upTo: 1 << 20, followingLinks: false),
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
        stopwatch.lap("resolve")
        let interpreter = try await installer.resolver.resolve(["node"], directory: nil)
        return InstalledPackage(
            command: resolved.command,
            name: package.name,
            version: package.version,
            semanticVersion: (try? SemanticVersion(package.version)) ?? SemanticVersion(major: 0, minor: 0, patch: 0),
            lock: String(decoding: bytes, as: UTF8.self),
            // Not what the resolver found: the tree was made by strangers, and a path in it is not a grant.
            readOnlyPaths: HostPath.minimal([tree] + interpreter.readOnlyPaths),
            environment: resolved.environment,
            stages: stopwatch.laps
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
