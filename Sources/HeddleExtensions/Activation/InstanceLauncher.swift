import Crypto
import Glibc
package import HeddleMCP
package import HeddleModel
package import HeddleSandbox
import HeddleSecurity
package import Logging

/// Starts processes of extensions: sandbox, pipes, greeting, list of tools.
package struct InstanceLauncher: Sendable {
    let sandbox: Sandbox
    let confinement: Confinement
    /// The folder under which each extension has its own data.
    let dataRoot: String
    let limits: MCPLimits
    let clock: any WallClock
    let logger: Logger

    package init(
        sandbox: Sandbox,
        confinement: Confinement,
        dataRoot: String,
        limits: MCPLimits = MCPLimits(),
        clock: any WallClock,
        logger: Logger
    ) {
        self.sandbox = sandbox
        self.confinement = confinement
        self.dataRoot = dataRoot
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    /// Removes everything that an extension kept.
    func removeData(of name: String, tenant: TenantID) {
        InstallationTree.remove("\(dataDirectories(of: tenant))/\(name)")
        InstallationTree.remove("\(dataDirectories(of: tenant))/.sessions/\(name)")
    }

    /// A process that answered the greeting and listed its tools.
    struct Started: Sendable {
        let instance: ExtensionInstance
        let tools: [ToolDefinition]
    }

    /// Where an extension keeps its data, or what it has for one session alone.
    func dataDirectory(_ name: ExtensionName, tenant: TenantID, session: String? = nil) -> String {
        guard let session else { return "\(dataDirectories(of: tenant))/\(name.rawValue)" }
        // What clients call their sessions is no name for a folder.
        let digest = SHA256.hash(data: Array(session.utf8)).prefix(16).hexadecimal
        return "\(sessionDirectories(name, tenant: tenant))/\(digest)"
    }

    /// The folder that holds what an extension has for sessions; beside its data, which may be shown to none of them.
    func sessionDirectories(_ name: ExtensionName, tenant: TenantID) -> String {
        "\(dataDirectories(of: tenant))/.sessions/\(name.rawValue)"
    }

    /// Removes what an extension kept for sessions that were last begun long ago, or before very many others.
    func pruneSessions(of name: ExtensionName, tenant: TenantID, keeping sessions: Set<String>) {
        let kept = Set(sessions.map { dataDirectory(name, tenant: tenant, session: $0) })
        SessionFolders(root: sessionDirectories(name, tenant: tenant)).prune(keeping: kept)
    }

    /// The folder that holds the data of all extensions of a tenant.
    func dataDirectories(of tenant: TenantID) -> String { "\(dataRoot)/\(tenant.rawValue)" }

    /// Starts a process and talks to it until its tools are known.
    ///
    /// - Throws: ``HeddleError`` with `startFailed` when it ends or stays silent, or what the sandbox and the
    ///   conversation throw; nothing is left running then.
    func start(
        _ entry: RegisteredExtension,
        tenant: TenantID,
        session: String? = nil,
        log: ExtensionLog,
        delegate: @escaping @Sendable (InstanceID) -> MCPDelegate
    ) async throws -> Started {
        let timeout = Duration.seconds(entry.manifest.loading.startSeconds)
        do {
            return try await attempt(entry, tenant, session, entry.revision?.era, timeout, log, delegate)
        } catch let error as HeddleError where error.code == .extensionCrashed && entry.revision == nil {
            // Some old servers exit on the modern probe; started again without it, they work.
            log.append(
                "heddle",
                instance: nil,
                "the process ended during the greeting; starting it again as a legacy one"
            )
            do {
                return try await attempt(entry, tenant, session, .legacy, timeout, log, delegate)
            } catch let error as HeddleError {
                throw startFailure(error, timeout, log)
            }
        } catch let error as HeddleError {
            throw startFailure(error, timeout, log)
        }
    }

    /// Says that it was the start that failed, with what the process said last.
    private func startFailure(_ error: HeddleError, _ timeout: Duration, _ log: ExtensionLog) -> HeddleError {
        let what: String
        switch error.code {
        case .extensionCrashed: what = "ended before it was ready"
        case .deadlineExceeded: what = "was not ready after \(timeout)"
        default: return error
        }
        let hint = log.lastErrorText().map { "; its last words: \($0)" } ?? ""
        return HeddleError(
            .startFailed,
            "the extension's process \(what)\(hint)",
            details: ["reason": error.code.rawValue],
            cause: error
        )
    }

    private func attempt(
        _ entry: RegisteredExtension,
        _ tenant: TenantID,
        _ session: String?,
        _ era: MCPEra?,
        _ timeout: Duration,
        _ log: ExtensionLog,
        _ delegate: @Sendable (InstanceID) -> MCPDelegate
    ) async throws -> Started {
        guard let resolved = entry.resolved else {
            throw HeddleError(.startFailed, "the extension is not installed")
        }
        let id = InstanceID()
        let confined = try confinement.plan(
            manifest: entry.manifest,
            grants: entry.grants,
            configuration: entry.configuration,
            resolved: resolved,
            dataDirectory: dataDirectory(entry.name, tenant: tenant, session: session),
            userID: entry.userID
        )
        let process = try await sandbox.launch(confined.command, policy: confined.policy)
        let connection = try await connect(process, limits: limits, delegate: delegate(id)) { text in
            log.append("stderr", instance: id, text)
        }
        do {
            let greeting = try await connection.greet(remembered: era, timeout: timeout)
            let tools =
                greeting.abilities.contains(.tools)
                ? try await connection.listTools(era: greeting.era, timeout: timeout) : []
            let instance = ExtensionInstance(
                id: id,
                session: session,
                startedAt: clock.now,
                greeting: greeting,
                connection: connection,
                process: process
            )
            return Started(instance: instance, tools: tools)
        } catch {
            await ExtensionInstance.stop(connection, process, grace: .milliseconds(500))
            throw error
        }
    }

    /// Takes over the three pipes of a process; ends it and closes them when that cannot be done.
    private func connect(
        _ process: SandboxedProcess,
        limits: MCPLimits,
        delegate: MCPDelegate,
        errorLine: @escaping @Sendable (String) -> Void
    ) async throws -> MCPConnection {
        var open = [process.standardInput, process.standardOutput, process.standardError]
        do {
            try await StandardErrorDrain.start(process.standardError, line: errorLine)
            open.removeLast()
            return try await MCPConnection.open(
                standardInput: process.standardInput,
                standardOutput: process.standardOutput,
                limits: limits,
                delegate: delegate
            )
        } catch {
            for descriptor in open { close(descriptor) }
            await process.terminate(grace: .zero)
            throw error
        }
    }
}
