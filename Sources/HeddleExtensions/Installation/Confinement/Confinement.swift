import Glibc
package import HeddleModel
package import HeddleSandbox
package import JSON

/// Turns what was granted into what the sandbox enforces.
package struct Confinement: Sendable {
    /// The command and the policy it runs under.
    package struct Plan: Sendable {
        package let command: [String]
        package let policy: SandboxPolicy
    }

    private let rules: GrantRules
    private let sealedPaths: [String]
    private let environment: [String: String]

    /// Makes the rules.
    ///
    /// - Parameters:
    ///   - protectedPaths: Heddle's data directory and the home directories: neither they nor what holds them is granted.
    ///   - sealedPaths: Folders of which no part is granted by name either, such as Heddle's data directory.
    ///   - environment: The server's own; its `PATH` and `HOME` are given to trusted extensions.
    package init(protectedPaths: [String], sealedPaths: [String] = [], environment: [String: String] = [:]) {
        rules = GrantRules(protectedPaths: protectedPaths + sealedPaths)
        self.sealedPaths = sealedPaths.flatMap { [$0, HostFile.realPath($0) ?? $0] }.map(HostPath.normalised)
        self.environment = environment
    }

    /// Checks grants as far as that is possible before a start; secrets are looked at, too.
    ///
    /// - Throws: ``HeddleError`` with `grantRefused` or `pathNotReadable`, with the path in its details.
    package func check(_ grants: Grants) throws(HeddleError) {
        for path in grants.read + grants.write { try check(path) }
        for (name, path) in grants.secrets {
            try check(secret: path, grants)
            _ = try SecretFile.read(path, variable: name)
        }
        guard let place = grants.workingDirectory else { return }
        guard HostFile.isFolder(place) else { throw refusal("the working directory is not a folder", place) }
        let isGranted = (grants.read + grants.write)
            .contains {
                HostPath.isInside(HostPath.normalised(place), HostPath.normalised($0))
            }
        guard isGranted || grants.level == .none else {
            throw refusal("the working directory lies in no granted folder; grant it to be read or written", place)
        }
    }

    /// The policy of one instance.
    ///
    /// - Parameters:
    ///   - manifest: What is run, with its limits.
    ///   - grants: What the operator lets it have.
    ///   - configuration: What the extension is told as JSON in `HEDDLE_CONFIGURATION`.
    ///   - resolved: The command line with what it needs by itself.
    ///   - dataDirectory: The instance's own folder, which it sees as `/data`.
    ///   - userID: Whom it runs as.
    /// - Returns: The final command with its policy.
    /// - Throws: ``HeddleError`` with `grantRefused` or `pathNotReadable`.
    package func plan(
        manifest: Manifest,
        grants: Grants,
        configuration: JSONValue? = nil,
        resolved: ResolvedCommand,
        dataDirectory: String,
        userID: UInt32
    ) throws(HeddleError) -> Plan {
        try check(grants)
        let writable = HostPath.outermost(grants.write.map(HostPath.normalised))
        let readable = HostPath.minimal(resolved.readOnlyPaths + grants.read.map(HostPath.normalised))
        var environment = try variables(grants, resolved, dataDirectory: dataDirectory, userID: userID)
        if let configuration { environment[Self.configurationVariable] = configuration.text }
        let policy = SandboxPolicy(
            level: grants.level,
            // The code that runs stays read-only inside a writable folder, unless it is that folder.
            readOnlyPaths: readable.filter { !writable.contains($0) },
            writablePaths: writable,
            dataDirectory: dataDirectory,
            environment: environment,
            workingDirectory: grants.workingDirectory.map(HostPath.normalised) ?? "/data",
            network: grants.network,
            limits: manifest.resources,
            userID: userID
        )
        return Plan(command: resolved.command, policy: policy)
    }

    private func check(_ path: String) throws(HeddleError) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw refusal("a granted path is absolute", path)
        }
        let plain = HostPath.normalised(path)
        let real = HostFile.realPath(path)
        for spelling in [plain, real].compactMap(\.self) {
            guard !rules.isNeverGranted(spelling) else {
                throw refusal(
                    "a granted path is never the root, a part of /proc, /sys or /dev, a home directory as a whole or a "
                        + "folder that holds Heddle's data; grant a folder inside instead",
                    path
                )
            }
            guard !sealedPaths.contains(where: { HostPath.isInside(spelling, $0) }) else {
                throw refusal("a granted path never lies in Heddle's own data", path)
            }
        }
        guard real != nil else {
            throw HeddleError(.pathNotReadable, "a granted path does not exist", details: ["path": path])
        }
    }

    /// A secret is read by the server with its own rights, so that its place must not be the extension's to choose.
    private func check(secret path: String, _ grants: Grants) throws(HeddleError) {
        for spelling in [HostPath.normalised(path), HostFile.realPath(path)].compactMap(\.self) {
            guard !rules.isNeverGranted(spelling), !sealedPaths.contains(where: { HostPath.isInside(spelling, $0) })
            else { throw refusal("a secret is never read from the kernel's folders or from Heddle's own data", path) }
            let writable = grants.write.flatMap { [HostPath.normalised($0), HostFile.realPath($0) ?? $0] }
            guard !writable.contains(where: { HostPath.isInside(spelling, $0) }) else {
                throw refusal("a secret lies in a folder that the extension may write", path)
            }
        }
    }

    private func refusal(_ message: String, _ path: String) -> HeddleError {
        HeddleError(.grantRefused, message, details: ["path": path])
    }
}

extension Confinement {
    private static let configurationVariable = "HEDDLE_CONFIGURATION"

    /// The whole environment: defaults, then what the command needs, then grants, then secrets.
    private func variables(
        _ grants: Grants,
        _ resolved: ResolvedCommand,
        dataDirectory: String,
        userID: UInt32
    ) throws(HeddleError) -> [String: String] {
        var result = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/data", "TMPDIR": "/tmp", "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
        ]
        result.merge(resolved.environment) { $1 }
        if grants.level == .none {
            // There is no `/data` without mounts of its own.
            result["HOME"] = environment["HOME"] ?? dataDirectory
            let paths = [resolved.environment["PATH"], environment["PATH"]].compactMap(\.self)
            if !paths.isEmpty { result["PATH"] = paths.joined(separator: ":") }
        }
        if hasForeignPath(grants, userID: userID) {
            // git does not work in a checkout that belongs to somebody else unless it is told to.
            result.merge([
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
            ]) { $1 }
        }
        result.merge(grants.environment) { $1 }
        for (name, path) in grants.secrets { result[name] = try SecretFile.read(path, variable: name) }
        return result
    }

    private func hasForeignPath(_ grants: Grants, userID: UInt32) -> Bool {
        // In a user namespace every file of the host's other users belongs to nobody inside, and our own to us.
        let user = geteuid() == 0 && grants.level == .process ? userID : geteuid()
        return (grants.read + grants.write).contains { HostFile($0).map { $0.owner != user } ?? false }
    }
}
