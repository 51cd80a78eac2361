import Dispatch
import HeddleModel
import Logging
import Synchronization

/// The configuration of a running server, which can be read again.
///
/// Reloads come one after the other on a queue of their own, because they read files and wait for the disk. One that fails
/// changes nothing.
final class LiveConfiguration: Sendable {
    /// Who asks for a reload.
    struct Asker: Sendable {
        let principal: String
        let origin: String
        var requestID: RequestID?

        static let signal = Asker(principal: "system", origin: "signal")
    }

    private struct State {
        /// What the parts of the server have.
        var effective: ServerConfiguration
        /// What it will have after its next start.
        var latest: ServerConfiguration
    }

    private let state: Mutex<State>
    private let settings: LiveSettings
    private let audit: AuditLog
    private let logger: Logger
    private let queue = DispatchQueue(label: "heddle.configuration")

    init(_ configuration: ServerConfiguration, settings: LiveSettings, audit: AuditLog, logger: Logger) {
        state = Mutex(State(effective: configuration, latest: configuration))
        self.settings = settings
        self.audit = audit
        self.logger = logger
        logUnused(configuration)
    }

    /// What the server works with now.
    var effective: ServerConfiguration { state.withLock { $0.effective } }

    /// Every setting, with what the next start will change.
    var entries: [ServerConfiguration.Entry] {
        let (effective, latest) = state.withLock { ($0.effective, $0.latest) }
        let next = Dictionary(uniqueKeysWithValues: latest.entries.map { ($0.key, $0.value) })
        return effective.entries.map { entry in
            var entry = entry
            if effective.text(entry.key) != latest.text(entry.key) { entry.pending = next[entry.key] }
            return entry
        }
    }

    /// Reads the configuration again and applies what a running server can take.
    ///
    /// - Returns: What differs from what the server worked with before, and whether it was applied.
    /// - Throws: ``HeddleError`` with `invalidConfiguration` and all faults; nothing is changed then.
    func reload(_ asker: Asker) async throws(HeddleError) -> [AuditRecord.Change] {
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.reloadNow(asker)) }
        }
        return try result.get()
    }

    /// On ``queue`` only.
    private func reloadNow(_ asker: Asker) -> Result<[AuditRecord.Change], HeddleError> {
        let before = effective
        var record = AuditRecord(
            principal: asker.principal,
            origin: asker.origin,
            requestID: asker.requestID,
            action: "config.reload",
            file: before.layers.file
        )
        do throws(HeddleError) {
            let latest = try before.readAgain()
            let changes = Self.changes(from: before, to: latest)
            let after = before.taking(latest)
            let applied = changes.filter { $0.outcome == .applied }.map(\.key)
            if !applied.isEmpty { try settings.apply(after, changed: Set(applied)) }
            state.withLock { $0 = State(effective: after, latest: latest) }
            record.changes = changes
            note(record)
            logUnused(after)
            return .success(changes)
        } catch {
            record.error = error
            note(record)
            return .failure(error)
        }
    }

    private static func changes(from before: ServerConfiguration, to after: ServerConfiguration) -> [AuditRecord.Change]
    {
        ConfigurationOption.all.compactMap { option in
            let (old, new) = (before.text(option.key), after.text(option.key))
            guard old != new else { return nil }
            return AuditRecord.Change(option, from: old, to: new, option.effect == .reload ? .applied : .needsRestart)
        }
    }

    /// Says what was done in the log and in the audit log.
    private func note(_ record: AuditRecord) {
        var metadata: Logger.Metadata = [
            "principal": "\(record.principal)", "origin": "\(record.origin)", "result": "\(record.result)",
        ]
        if let requestID = record.requestID { metadata["request_id"] = "\(requestID)" }
        if !record.changes.isEmpty {
            let changes = record.changes.map { "\($0.key): '\($0.old)' -> '\($0.new)' (\($0.outcome.rawValue))" }
            metadata["changes"] = "\(changes.joined(separator: ", ").clipped(2000))"
        }
        if let error = record.error {
            metadata["error"] = "\(error.message)"
            logger.warning("Kept the configuration", metadata: metadata)
        } else {
            logger.notice("Reloaded the configuration", metadata: metadata)
        }
        do throws(HeddleError) {
            try audit.append(record)
        } catch {
            logger.error("Cannot write the audit log", metadata: ["error": "\(error)"])
        }
    }

    private func logUnused(_ configuration: ServerConfiguration) {
        for unused in configuration.unusedVariables {
            logger.debug(
                "A variable is not used yet",
                metadata: ["variable": "\(unused.name)", "purpose": "\(unused.purpose)"]
            )
        }
    }
}
