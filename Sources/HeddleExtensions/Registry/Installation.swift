import Glibc
package import HeddleModel
package import HeddleSecurity
package import JSON
package import Logging
import NIOPosix

/// Turns a registration into a program that can be run: resolved in place, or installed in a folder of its own.
package struct Installation: Sendable {
    /// What would be registered, before anything is run or stored.
    package struct Plan: Sendable {
        package let manifest: Manifest
        package let grants: Grants
        package let source: ExtensionSource
        package let choices: OperatorChoices
        /// What the extension is told; nil when it takes nothing.
        package let configuration: JSONValue?
        /// The program when it is there already; nil when it comes with an installation.
        package let resolved: ResolvedCommand?
        /// The folder that was made to look into an archive.
        let folder: String?
        /// Who signed the archive.
        package let signature: SignatureVerdict
    }

    /// A program that is there, with the folder that was made for it, if any.
    struct Installed: Sendable {
        let manifest: Manifest
        let resolved: ResolvedCommand
        let package: String?
    }

    private let resolver: CommandResolver
    private let python: PythonInstaller
    private let node: NodeInstaller
    private let archives: ArchiveInstaller
    private let artifacts: ArtifactStore
    private let packages: PackageStore
    private let fetcher: ArtifactFetcher
    private let signatures: SignatureRules
    /// The folder under which each installation has its own.
    private let packageRoot: String
    private let grantRules: @Sendable (Grants) throws(HeddleError) -> Void
    private let logger: Logger

    package init(
        resolver: CommandResolver,
        python: PythonInstaller,
        node: NodeInstaller,
        archives: ArchiveInstaller,
        artifacts: ArtifactStore,
        packages: PackageStore,
        fetcher: ArtifactFetcher,
        signatures: SignatureRules,
        packageRoot: String,
        grantRules: @escaping @Sendable (Grants) throws(HeddleError) -> Void,
        logger: Logger
    ) {
        self.resolver = resolver
        self.python = python
        self.node = node
        self.archives = archives
        self.artifacts = artifacts
        self.packages = packages
        self.fetcher = fetcher
        self.signatures = signatures
        self.packageRoot = packageRoot
        self.grantRules = grantRules
        self.logger = logger
    }

    /// Checks a registration and says what it comes to; runs nothing of the extension.
    ///
    /// - Throws: ``HeddleError`` with `commandNotFound`, `grantRefused`, `pathNotReadable` or `invalidManifest`, or with
    ///   `invalidRequest` for the configuration.
    package func plan(
        _ request: RegistrationRequest,
        _ stages: StageTimes = StageTimes()
    ) async throws -> Plan {
        switch request.source {
        case .archive(let path, let digest):
            let artifact = try await stages.time("integrity") {
                try await artifacts.add(file: path, expecting: digest)
            }
            return try await plan(request, artifact, stages)
        case .url(let url, let digest):
            let artifact = try await stages.time("download") { try await fetcher.fetch(url, expecting: digest) }
            return try await plan(request, artifact, stages)
        case .command(let words, let folder):
            return try await plan(request, Self.manifest(request, command: words), words, in: folder, stages)
        case .pypi: return try await plan(request, Self.manifest(request, command: ["python3"]), nil, in: nil, stages)
        case .npm: return try await plan(request, Self.manifest(request, command: ["node"]), nil, in: nil, stages)
        case .directory(let folder):
            let manifest = try stages.time("manifest") {
                try Self.manifest(request, ManifestFile.read(directory: folder))
            }
            return try await plan(request, manifest, manifest.runtime.command, in: folder, stages)
        }
    }

    /// A program that is there already; nil for one that comes with an installation.
    private func plan(
        _ request: RegistrationRequest,
        _ manifest: Manifest,
        _ command: [String]?,
        in directory: String?,
        _ stages: StageTimes
    ) async throws -> Plan {
        let grants = manifest.permissions.union(request.choices.grants)
        try stages.time("security") { try grantRules(grants) }
        let configuration = try stages.time("manifest") { try Self.configuration(of: manifest, request) }
        var resolved: ResolvedCommand?
        if let command {
            resolved = try await stages.time("resolve") { try await resolver.resolve(command, directory: directory) }
        }
        return Plan(
            manifest: manifest,
            grants: grants,
            source: request.source,
            choices: request.choices,
            configuration: configuration,
            resolved: resolved,
            folder: nil,
            signature: .absent
        )
    }

    /// An archive is unpacked to see what it asks for; nothing of it runs.
    private func plan(
        _ request: RegistrationRequest,
        _ artifact: ArtifactStore.Artifact,
        _ stages: StageTimes
    ) async throws -> Plan {
        let suffix = InstanceID().rawValue.prefix(8)
        var folder = "\(packageRoot)/.\(suffix)"
        do {
            let verdict = try await stages.time("integrity") {
                try await NIOThreadPool.singleton.runIfActive { [signatures] in try signatures.verdict(of: artifact) }
            }
            let target = folder
            let unpacked = try await stages.time("unpack") { try await archives.unpack(artifact.path, into: target) }
            let first = try stages.time("manifest") {
                Self.manifest(request, try ManifestFile.read(directory: unpacked))
            }
            let named = "\(packageRoot)/\(first.name.rawValue)-\(suffix)"
            guard rename(folder, named) == 0 else {
                throw HeddleError(.installationFailed, "the folder of the installation could not be named")
            }
            let directory = named + unpacked.dropFirst(folder.count)
            folder = named
            // A bundle's command names the folder that it is in.
            let manifest = try stages.time("manifest") {
                Self.manifest(request, try ManifestFile.read(directory: directory))
            }
            let grants = manifest.permissions.union(request.choices.grants)
            try stages.time("security") { try grantRules(grants) }
            return Plan(
                manifest: manifest,
                grants: grants,
                source: request.source.pinned(digest: artifact.digest),
                choices: request.choices,
                configuration: try Self.configuration(of: manifest, request),
                resolved: try await archives.resolve(
                    manifest.runtime.command,
                    in: directory,
                    tree: named + "/files"
                ),
                folder: named,
                signature: verdict
            )
        } catch {
            InstallationTree.remove(folder)
            // On a full disk the next one may need the room. In all other cases another may be unpacking the same archive
            // already, and what nobody comes to name is the sweeper's.
            if artifact.isNew, (error as? HeddleError)?.code == .storageFull { artifacts.remove(artifact) }
            throw error
        }
    }

    private static func configuration(
        of manifest: Manifest,
        _ request: RegistrationRequest
    ) throws(HeddleError) -> JSONValue? {
        if request.inheritsConfiguration, manifest.configurationSchema == nil { return nil }
        return try manifest.checkedConfiguration(request.configuration)
    }

    /// Removes what a plan made that nobody goes on with.
    package func discard(_ plan: Plan) {
        if let folder = plan.folder { InstallationTree.remove(folder) }
    }

    private static func manifest(_ request: RegistrationRequest, command: [String]) throws(HeddleError) -> Manifest {
        guard let name = request.name else { throw HeddleError(.invalidRequest, "'name' is missing") }
        return manifest(
            request,
            Manifest(
                name: name,
                version: SemanticVersion(major: 0, minor: 0, patch: 0),
                runtime: Manifest.Runtime(command: command)
            )
        )
    }

    private static func manifest(_ request: RegistrationRequest, _ file: Manifest) -> Manifest {
        var manifest = file
        if let name = request.name { manifest.name = name }
        if let version = request.version { manifest.version = version }
        if let description = request.choices.description { manifest.description = description }
        if let resources = request.choices.resources { manifest.resources = resources }
        if let loading = request.choices.loading { manifest.loading = loading }
        return manifest
    }

    /// Does what the plan says.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` or what the sandbox throws; nothing is left then.
    func install(_ plan: Plan, userID: UInt32, _ stages: StageTimes = StageTimes()) async throws -> Installed {
        guard let arguments = plan.source.installs?.arguments else {
            guard let resolved = plan.resolved else { throw HeddleError(.internalError, "a plan without a program") }
            if let folder = plan.folder { try await stages.time("sync") { try await sync(folder) } }
            return Installed(manifest: plan.manifest, resolved: resolved, package: plan.folder)
        }
        let suffix = InstanceID().rawValue.prefix(8)
        let folder = "\(packageRoot)/\(plan.manifest.name.rawValue)-\(suffix)"
        do {
            let result = try await fetch(plan, into: folder, userID: userID, stages)
            try await stages.time("sync") { try await sync(folder) }
            let resolved = ResolvedCommand(
                command: result.command + arguments,
                readOnlyPaths: result.readOnlyPaths,
                environment: result.environment
            )
            let manifest = Self.manifest(plan.manifest, version: result.semanticVersion, command: resolved.command)
            return Installed(manifest: manifest, resolved: resolved, package: folder)
        } catch {
            InstallationTree.remove(folder)
            throw error
        }
    }

    /// The row that names these files is durable, so they have to be before it.
    private func sync(_ folder: String) async throws {
        guard try await NIOThreadPool.singleton.runIfActive({ InstallationTree.sync(folder) }) else {
            throw HeddleError(.installationFailed, "the installed files could not be written to the disk")
        }
    }

    private func fetch(
        _ plan: Plan,
        into folder: String,
        userID: UInt32,
        _ stages: StageTimes
    ) async throws -> InstalledPackage {
        let progress: @Sendable (String) -> Void = { [logger] line in
            logger.debug("Installing", metadata: ["extension": "\(plan.manifest.name)", "line": "\(line)"])
        }
        switch plan.source {
        case .pypi(let package):
            return try await python.install(
                requirement: package.requirements.joined(separator: " "),
                module: package.module,
                into: folder,
                userID: userID,
                allowBuild: package.allowsBuild,
                stages: stages,
                progress: progress
            )
        case .npm(let package):
            return try await node.install(
                packages: package.packages,
                program: package.program,
                into: folder,
                userID: userID,
                stages: stages,
                progress: progress
            )
        case .command, .archive, .url, .directory:
            throw HeddleError(.internalError, "a source that is there is not fetched")
        }
    }

    private static func manifest(_ manifest: Manifest, version: SemanticVersion, command: [String]) -> Manifest {
        var installed = manifest
        if manifest.version == SemanticVersion(major: 0, minor: 0, patch: 0) { installed.version = version }
        installed.runtime = Manifest.Runtime(command: command)
        return installed
    }

    /// Removes the files of an installation that failed later.
    func discard(_ installed: Installed) {
        if let package = installed.package { InstallationTree.remove(package) }
    }

    /// Removes the files of a version that is gone.
    func discard(_ entry: RegisteredExtension) {
        if let package = package(of: entry) { InstallationTree.remove("\(packageRoot)/\(package)") }
    }

    /// Removes packages that no extension names: a crash or a power cut ended their installation or removal.
    func sweep(keeping entries: [RegisteredExtension]) {
        let kept = Set(entries.compactMap { package(of: $0) })
        for name in HostFile.names(in: packageRoot) where !kept.contains(name) {
            InstallationTree.remove("\(packageRoot)/\(name)")
        }
        artifacts.sweep(keeping: Set(entries.compactMap(\.source.digest)))
        packages.sweep()
    }

    /// Removes archives that no version names any more, and what the store of packages has no room for.
    func sweepArtifacts(keeping sources: [ExtensionSource], olderThan age: Duration) {
        artifacts.sweep(keeping: Set(sources.compactMap(\.digest)), olderThan: age)
        packages.sweep(olderThan: age)
        packages.trim()
    }

    /// A command that lies beside an extension's manifest, with what it needs.
    ///
    /// - Throws: ``HeddleError`` with what the resolver throws, or `commandNotFound` when there is no such folder.
    func resolve(_ command: [String], of entry: RegisteredExtension) async throws -> ResolvedCommand {
        switch entry.source {
        case .directory(let folder): return try await archives.resolve(command, in: folder, tree: folder)
        case .archive, .url:
            guard let package = package(of: entry) else { break }
            let tree = "\(packageRoot)/\(package)/files"
            return try await archives.resolve(command, in: ArchiveInstaller.content(of: tree), tree: tree)
        case .command, .pypi, .npm: break
        }
        throw HeddleError(.commandNotFound, "'\(entry.name)' has no folder of its own")
    }

    /// The folder that was made for an extension; another's may well be among what it reads.
    private func package(of entry: RegisteredExtension) -> String? {
        guard entry.source.hasOwnFolder, let resolved = entry.resolved else { return nil }
        let paths = resolved.command + resolved.readOnlyPaths
        // What was installed while the data directory was reached over a link has that in its path.
        return package(named: entry.name, in: paths)
            ?? package(named: entry.name, in: paths.compactMap { $0.hasPrefix("/") ? HostFile.realPath($0) : nil })
    }

    private func package(named name: ExtensionName, in paths: [String]) -> String? {
        let prefix = packageRoot + "/"
        return
            paths.compactMap { path in
                guard path.hasPrefix(prefix) else { return nil }
                return path.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
            }
            // The name, a dash and eight letters: an extension's name may begin another's.
            .first { folder in
                folder.hasPrefix(name.rawValue + "-") && folder.utf8.count == name.rawValue.utf8.count + 9
            }
    }
}
