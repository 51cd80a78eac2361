package import HeddleMCP
package import HeddleModel
package import HeddleSandbox
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

    /// A process that answered the greeting and listed its tools.
    struct Started: Sendable {
        let instance: ExtensionInstance
        let tools: [ToolDefinition]
    }

    /// Where an extension keeps its data.
    func dataDirectory(_ name: ExtensionName, tenant: TenantID) -> String {
        "\(dataRoot)/\(tenant.rawValue)/\(name.rawValue)"
    }

    /// Starts a process and talks to it until its tools are known.
    ///
    /// - Throws: ``HeddleError`` with `startFailed` when it ends or stays silent, or what the sandbox and the
    ///   conversation throw; nothing is left running then.
    func start(
        _ entry: RegisteredExtension,
        tenant: TenantID,
        log: ExtensionLog,
        delegate: @escaping @Sendable (InstanceID) -> MCPDelegate
    ) async throws -> Started {
        let timeout = Duration.seconds(entry.manifest.loading.startSeconds)
        do {
            return try await attempt(entry, tenant, entry.revision?.era, timeout, log, delegate)
        } catch let error as HeddleError where error.code == .extensionCrashed && entry.revision == nil {
            // Some old servers exit on the modern probe; started again without it, they work.
            log.append(
                "heddle",
                instance: nil,
                "the process ended during the greeting; starting it again as a legacy one"
            )
            do {
                return try await attempt(entry, tenant, .legacy, timeout, log, delegate)
            } catch let error as HeddleError where error.code == .extensionCrashed {
                throw startFailure(error, log)
            }
        } catch let error as HeddleError where error.code == .extensionCrashed {
            throw startFailure(error, log)
        }
    }

    private func startFailure(_ error: HeddleError, _ log: ExtensionLog) -> HeddleError {
        let hint = log.lastErrorText().map { "; its last words: \($0)" } ?? ""
        return HeddleError(.startFailed, "the extension's process ended before it was ready\(hint)", cause: error)
    }

    private func attempt(
        _ entry: RegisteredExtension,
        _ tenant: TenantID,
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
            resolved: resolved,
            dataDirectory: dataDirectory(entry.name, tenant: tenant),
            userID: entry.userID
        )
        let process = try await sandbox.launch(confined.command, policy: confined.policy)
        let connection: MCPConnection
        do {
            try await StandardErrorDrain.start(process.standardError) { text in
                log.append("stderr", instance: id, text)
            }
            connection = try await MCPConnection.open(
                standardInput: process.standardInput,
                standardOutput: process.standardOutput,
                limits: limits,
                delegate: delegate(id)
            )
        } catch {
            await process.terminate(grace: .zero)
            throw error
        }
        do {
            let greeting = try await connection.greet(remembered: era, timeout: timeout)
            let tools =
                greeting.hasTools ? try await connection.listTools(era: greeting.era, timeout: timeout) : []
            let instance = ExtensionInstance(
                id: id,
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
}
