import HeddleMCP
import HeddleModel
import Logging

extension ExtensionService {
    /// Runs a version for the first time, between its hooks.
    func tryOut(
        _ entry: inout RegisteredExtension,
        tenant: TenantID,
        log: ExtensionLog,
        _ stages: StageTimes = StageTimes()
    ) async throws {
        entry.state = try entry.state.transition(to: .installing)
        let before = entry
        try await stages.time("hooks") { try await hooks.run(.preInstall, of: before, tenant: tenant, log: log) }
        let start = ContinuousClock.now
        try await trial(&entry, tenant: tenant, log: log)
        stages.add("smoke_check", ContinuousClock.now - start)
        let after = entry
        try await stages.time("hooks") { try await hooks.run(.postInstall, of: after, tenant: tenant, log: log) }
        entry.state = try entry.state.transition(to: .installed)
    }

    /// Starts the program once, lists its tools and stops it again.
    private func trial(_ entry: inout RegisteredExtension, tenant: TenantID, log: ExtensionLog) async throws {
        let started: InstanceLauncher.Started
        do {
            started = try await launcher.start(entry, tenant: tenant, log: log) { _ in MCPDelegate() }
        } catch let error as HeddleError where Self.isTrialFailure(error.code) {
            let hint = log.lastErrorText().map { "; its last words: \($0)" } ?? ""
            let message = error.code == .startFailed ? error.message : error.message + hint
            let reason = error.details["reason"] ?? error.code.rawValue
            throw HeddleError(.smokeCheckFailed, message, details: ["reason": reason], cause: error)
        }
        do {
            try await check(started.tools, of: entry.name)
            try await SmokeCheck.run(started, entry.manifest)
        } catch {
            await started.instance.stop(grace: configuration.stopGrace)
            throw error
        }
        await started.instance.stop(grace: configuration.stopGrace)
        entry.tools = started.tools
        entry.revision = started.instance.greeting.revision
        entry.abilities = started.instance.greeting.abilities
    }

    private static let longestCompilation = Duration.seconds(10)

    /// Compiles the schemas of tools; what checks nothing is told in the log.
    func check(_ tools: [ToolDefinition], of name: ExtensionName) async throws(HeddleError) {
        let end = ContinuousClock.now + Self.longestCompilation
        do throws(HeddleError) {
            for tool in tools {
                guard ContinuousClock.now < end else {
                    throw HeddleError(.extensionProtocol, "the extension's schemas take too long to compile")
                }
                await Task.yield()
                for fault in try tool.contract.check() {
                    logger.warning("Cannot use a schema", metadata: ["extension": "\(name)", "fault": "\(fault)"])
                }
            }
        } catch {
            throw HeddleError(.smokeCheckFailed, error.message, details: error.details, cause: error)
        }
    }

    private static func isTrialFailure(_ code: HeddleError.Code) -> Bool {
        [.startFailed, .extensionCrashed, .extensionProtocol, .extensionRefused, .deadlineExceeded].contains(code)
    }
}
