import HeddleModel
import HeddleSandbox

/// Runs the programs that an extension has for moments of its life, confined like the extension itself.
struct LifecycleHooks: Sendable {
    let installation: Installation
    let launcher: InstanceLauncher

    /// Runs the hook of a moment, if there is one.
    ///
    /// What comes out of it goes to the log of the extension. What has happened already stands, and nobody can keep himself
    /// from being stopped or removed: there, and when the hook is not required, a failure is only noted.
    ///
    /// - Throws: ``HeddleError`` with `hookFailed`, or `CancellationError`.
    func run(
        _ moment: Manifest.Moment,
        of entry: RegisteredExtension,
        tenant: TenantID,
        log: ExtensionLog
    ) async throws {
        guard let hook = entry.manifest.hooks[moment] else { return }
        do {
            try await run(hook, moment, entry, tenant, log)
        } catch let error as CancellationError {
            throw error
        } catch {
            let reason = (error as? HeddleError)?.message ?? "\(error)"
            log.append("heddle", instance: nil, "the hook \(moment.rawValue) failed: \(reason)")
            guard hook.isRequired, moment.canRefuse else { return }
            throw HeddleError(
                .hookFailed,
                "the hook \(moment.rawValue) of '\(entry.name)' failed: \(reason)",
                details: ["hook": moment.rawValue],
                cause: error
            )
        }
    }

    private func run(
        _ hook: Manifest.Hook,
        _ moment: Manifest.Moment,
        _ entry: RegisteredExtension,
        _ tenant: TenantID,
        _ log: ExtensionLog
    ) async throws {
        let resolved = try await installation.resolve(hook.command, of: entry)
        let confined = try launcher.confinement.plan(
            manifest: entry.manifest,
            grants: entry.grants,
            configuration: entry.configuration,
            resolved: resolved,
            dataDirectory: launcher.dataDirectory(entry.name, tenant: tenant),
            userID: entry.userID
        )
        var policy = confined.policy
        policy.environment["HEDDLE_HOOK"] = moment.rawValue
        let lines = InstallationLog()
        let deadline = ContinuousClock.now + .seconds(hook.timeoutSeconds)
        let step = InstallationStep(
            sandbox: launcher.sandbox,
            log: lines,
            deadline: deadline,
            progress: { log.append("hook", instance: nil, $0) }
        )
        let exit: SandboxedProcess.Exit
        do {
            exit = try await step.run(confined.command, policy: policy)
        } catch let error as HeddleError where error.code == .installationFailed && .now >= deadline {
            throw HeddleError(.hookFailed, "it took longer than \(hook.timeoutSeconds) s")
        }
        guard exit == .exited(0) else { throw HeddleError(.hookFailed, lines.reason) }
    }
}

extension Manifest.Moment {
    /// Whether a failure at this moment may stop what it is part of.
    fileprivate var canRefuse: Bool {
        switch self {
        case .preInstall, .postInstall, .preActivate: true
        case .postActivate, .preDeactivate, .postDeactivate, .preUninstall, .postUninstall: false
        }
    }
}
