import Glibc
package import HeddleModel
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
        /// What the extension is told; nil when it takes nothing.
        package let configuration: JSONValue?
        /// The program when it is there already; nil when it comes with an installation.
        package let resolved: ResolvedCommand?
    }

    /// A program that is there, with the folder that was made for it, if any.
    struct Installed: Sendable {
        let manifest: Manifest
        let resolved: ResolvedCommand
        let package: String?
    }

    private let resolver: CommandResolver
    private let python: PythonInstaller
    /// The folder under which each installation has its own.
    private let packageRoot: String
    private let grantRules: @Sendable (Grants) throws(HeddleError) -> Void
    private let logger: Logger

    package init(
        resolver: CommandResolver,
        python: PythonInstaller,
        packageRoot: String,
        grantRules: @escaping @Sendable (Grants) throws(HeddleError) -> Void,
        logger: Logger
    ) {
        self.resolver = resolver
        self.python = python
        self.packageRoot = packageRoot
        self.grantRules = grantRules
        self.logger = logger
    }

    /// Checks a registration and says what it comes to; runs nothing of the extension.
    ///
    /// - Throws: ``HeddleError`` with `commandNotFound`, `grantRefused`, `pathNotReadable` or `invalidManifest`, or with
    ///   `invalidRequest` for the configuration.
    package func plan(_ request: RegistrationRequest) async throws -> Plan {
        let manifest: Manifest
        var command: [String]?
        var directory: String?
        switch request.source {
        case .command(let words, let folder):
            command = words
            directory = folder
            manifest = try Self.manifest(request, command: words)
        case .pypi:
            manifest = try Self.manifest(request, command: ["python3"])
        case .directory(let folder):
            manifest = try Self.manifest(request, ManifestFile.read(directory: folder))
            command = manifest.runtime.command
            directory = folder
        }
        let grants = manifest.permissions.union(request.grants)
        try grantRules(grants)
        let configuration = try manifest.checkedConfiguration(request.configuration)
        var resolved: ResolvedCommand?
        if let command { resolved = try await resolver.resolve(command, directory: directory) }
        return Plan(
            manifest: manifest,
            grants: grants,
            source: request.source,
            configuration: configuration,
            resolved: resolved
        )
    }

    private static func manifest(_ request: RegistrationRequest, command: [String]) throws(HeddleError) -> Manifest {
        guard let name = request.name else { throw HeddleError(.invalidRequest, "'name' is missing") }
        return Manifest(
            name: name,
            version: request.version ?? SemanticVersion(major: 0, minor: 0, patch: 0),
            description: request.description,
            runtime: Manifest.Runtime(command: command),
            resources: request.resources ?? ResourceLimits(),
            loading: request.loading ?? Manifest.Loading()
        )
    }

    private static func manifest(_ request: RegistrationRequest, _ file: Manifest) -> Manifest {
        Manifest(
            name: request.name ?? file.name,
            version: request.version ?? file.version,
            description: request.description ?? file.description,
            runtime: file.runtime,
            permissions: file.permissions,
            resources: request.resources ?? file.resources,
            loading: request.loading ?? file.loading,
            configurationSchema: file.configurationSchema
        )
    }

    /// Does what the plan says.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` or what the sandbox throws; nothing is left then.
    func install(_ plan: Plan, userID: UInt32) async throws -> Installed {
        guard case .pypi(let package) = plan.source else {
            guard let resolved = plan.resolved else { throw HeddleError(.internalError, "a plan without a program") }
            return Installed(manifest: plan.manifest, resolved: resolved, package: nil)
        }
        let suffix = InstanceID().rawValue.prefix(8)
        let folder = "\(packageRoot)/\(plan.manifest.name.rawValue)-\(suffix)"
        do {
            let result = try await python.install(
                requirement: package.requirements.joined(separator: " "),
                module: package.module,
                into: folder,
                userID: userID,
                allowBuild: package.allowsBuild
            ) { [logger] line in
                logger.debug("Installing", metadata: ["extension": "\(plan.manifest.name)", "line": "\(line)"])
            }
            // The row that names these files is durable, so they have to be before it.
            guard try await NIOThreadPool.singleton.runIfActive({ InstallationTree.sync(folder) }) else {
                throw HeddleError(.installationFailed, "the installed files could not be written to the disk")
            }
            let resolved = ResolvedCommand(
                command: result.command + package.arguments,
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

    private static func manifest(_ manifest: Manifest, version: SemanticVersion, command: [String]) -> Manifest {
        let unset = manifest.version == SemanticVersion(major: 0, minor: 0, patch: 0)
        return Manifest(
            name: manifest.name,
            version: unset ? version : manifest.version,
            description: manifest.description,
            runtime: Manifest.Runtime(command: command),
            permissions: manifest.permissions,
            resources: manifest.resources,
            loading: manifest.loading,
            configurationSchema: manifest.configurationSchema
        )
    }

    /// Removes what an installation that failed later has made.
    func discard(_ installed: Installed, dataDirectory: String) {
        if let package = installed.package { InstallationTree.remove(package) }
        InstallationTree.remove(dataDirectory)
    }

    /// Removes the files and the data of an extension that is gone.
    func discard(_ entry: RegisteredExtension, dataDirectory: String) {
        if let package = package(of: entry) { InstallationTree.remove("\(packageRoot)/\(package)") }
        InstallationTree.remove(dataDirectory)
    }

    /// Removes packages that no extension names: a crash or a power cut ended their installation or removal.
    func sweep(keeping entries: [RegisteredExtension]) {
        let kept = Set(entries.compactMap { package(of: $0) })
        for name in HostFile.names(in: packageRoot) where !kept.contains(name) {
            InstallationTree.remove("\(packageRoot)/\(name)")
        }
    }

    /// The folder that was made for an extension; another's may well be among what it reads.
    private func package(of entry: RegisteredExtension) -> String? {
        guard case .pypi = entry.source, let resolved = entry.resolved else { return nil }
        let prefix = packageRoot + "/"
        return (resolved.command + resolved.readOnlyPaths)
            .compactMap { path in
                guard path.hasPrefix(prefix) else { return nil }
                return path.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
            }
            .first { name in name.hasPrefix(entry.name.rawValue + "-") }
    }
}
