import HeddleModel
package import HeddleSandbox
package import Logging

/// Unpacks archives that bring an extension with its manifest, in the sandbox and without network.
package struct ArchiveInstaller: Sendable {
    /// What the program that unpacks ends with when the disk is full.
    package static let storageFullStatus: Int32 = 6
    private static let timeLimit = Duration.seconds(300)
    private static let limits = ResourceLimits(memoryBytes: 512 << 20, processes: 64, fileBytes: 2 << 30)

    private let sandbox: Sandbox
    private let resolver: CommandResolver
    /// Heddle's own program, which unpacks.
    private let program: String
    private let userID: UInt32
    private let logger: Logger

    /// Makes an installer.
    ///
    /// - Parameters:
    ///   - sandbox: Where archives are unpacked.
    ///   - resolver: Finds out what Heddle's own program needs.
    ///   - program: Heddle's own program.
    ///   - userID: Whom the unpacking runs as; no extension has that user.
    ///   - logger: Gets one line an archive.
    package init(sandbox: Sandbox, resolver: CommandResolver, program: String, userID: UInt32, logger: Logger) {
        self.sandbox = sandbox
        self.resolver = resolver
        self.program = program
        self.userID = userID
        self.logger = logger
    }

    /// Unpacks an archive into a folder of its own, which is the server's and read-only afterwards.
    ///
    /// - Returns: The folder with the manifest: the given one, or the only one in it.
    /// - Throws: ``HeddleError`` with `installationFailed` that names what is wrong with the archive, or the sandbox's codes;
    ///   `CancellationError`. Nothing is left then.
    func unpack(_ archive: String, into folder: String) async throws -> String {
        let (tree, work) = (folder + "/files", folder + "/work")
        let log = InstallationLog()
        return try await log.keep(in: folder, removing: [tree, work]) {
            guard InstallationTree.makeFolder(tree), InstallationTree.makeFolder(work + "/home"),
                InstallationTree.give(tree, to: userID), InstallationTree.give(work + "/home", to: userID)
            else { throw HeddleError(.installationFailed, "the folder of the installation could not be made") }
            let command = try await resolver.resolve([program, "unpack", archive, tree], directory: nil)
            let policy = SandboxPolicy(
                readOnlyPaths: HostPath.minimal(command.readOnlyPaths + [archive]),
                writablePaths: [tree],
                dataDirectory: work + "/home",
                environment: ["PATH": "/usr/bin:/bin", "HOME": "/data", "LANG": "C.UTF-8"],
                limits: Self.limits,
                userID: userID
            )
            let step = InstallationStep(
                sandbox: sandbox,
                log: log,
                directory: folder,
                deadline: .now + Self.timeLimit,
                progress: { _ in }
            )
            switch try await step.run(command.command, policy: policy) {
            case .exited(0): break
            case .exited(Self.storageFullStatus):
                throw HeddleError(.storageFull, "the disk is full: \(log.reason)")
            default: throw HeddleError(.installationFailed, "the archive cannot be used: \(log.reason)")
            }
            guard InstallationTree.seal(tree), InstallationTree.remove(work) else {
                throw HeddleError(.installationFailed, "the unpacked files could not be made read-only")
            }
            logger.info("unpacked an archive", metadata: ["folder": "\(HostPath.name(folder))"])
            return Self.content(of: tree)
        }
    }

    /// The folder with the manifest: most archives have all in one folder with the name of the project.
    static func content(of tree: String) -> String {
        let names = HostFile.names(in: tree)
        guard names.count == 1, let only = names.first, HostFile.isFolder("\(tree)/\(only)") else { return tree }
        return "\(tree)/\(only)"
    }

    /// What a program of an unpacked tree runs with, which its own files have no say in beyond the interpreter.
    ///
    /// - Throws: ``HeddleError`` with `grantRefused` for a program of the host that is neither a part of the system nor on the
    ///   server's search path, or with what the resolver throws.
    func resolve(_ command: [String], in directory: String, tree: String) async throws -> ResolvedCommand {
        let tree = HostFile.realPath(tree) ?? tree
        let directory = HostFile.realPath(directory) ?? directory
        if let own = Self.program(of: command, in: directory, tree) { return own }
        let resolved = try await resolver.resolve(command, directory: directory)
        var paths = [tree]
        if let program = resolved.command.first, !HostPath.isInside(program, tree) {
            var known: ResolvedCommand?
            do {
                known = try await resolver.resolve([HostPath.name(program)], directory: nil)
            } catch let error as HeddleError where error.code == .commandNotFound {
                // Not on the search path, but perhaps a part of the system.
            }
            if known?.command.first != program { known = nil }
            guard known != nil || HostPath.isAlwaysThere(program) else {
                throw HeddleError(
                    .grantRefused,
                    "the archive's command runs '\(HostPath.name(program))' of this host by its path; name it without one",
                    details: ["program": program.clipped(256)]
                )
            }
            paths += known?.readOnlyPaths ?? []
        }
        return ResolvedCommand(
            command: resolved.command,
            readOnlyPaths: HostPath.minimal(paths),
            environment: resolved.environment
        )
    }

    /// A compiled program of the tree itself, which is not looked into: what it asks of the loader is a stranger's to say.
    private static func program(of command: [String], in directory: String, _ tree: String) -> ResolvedCommand? {
        guard let name = command.first, !name.hasPrefix("/") else { return nil }
        let path = HostPath.normalised(directory + "/" + name)
        guard HostPath.isInside(path, tree), let file = HostFile(path, followingLinks: false), file.isExecutable,
            file.kind == .regular, HostFile.read(path, upTo: 4) == [0x7F, 0x45, 0x4C, 0x46]
        else { return nil }
        return ResolvedCommand(command: [path] + command.dropFirst(), readOnlyPaths: [tree], environment: [:])
    }
}
