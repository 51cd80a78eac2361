import HeddleModel
import HeddleStore
package import Logging
import ServiceLifecycle

/// Removes contexts whose time is over, ends sessions that took too long, and forgets what is older than is kept.
package struct ContextSweeper: Service {
    /// How long what is over is kept.
    package struct Retention: Sendable {
        /// Of participants that left, of sessions that are over and of metadata that was removed.
        package var participants = Duration.seconds(30 * 86_400)
        /// Of events.
        package var events = Duration.seconds(90 * 86_400)

        package init() {}
    }

    /// Rows of one transaction, so that other writers are not kept waiting.
    private static let rows = 200
    /// Contexts and sessions that one look removes.
    private static let mostAtOnce = 10_000

    private let contexts: ContextService
    private let retention: Retention
    private let interval: Duration
    private let warmUp: Int
    private let logger: Logger

    /// Makes a sweeper that looks again after each interval, and at first reads some contexts into memory.
    package init(
        contexts: ContextService,
        interval: Duration = .seconds(5),
        warmUp: Int = 0,
        retention: Retention,
        logger: Logger
    ) {
        self.contexts = contexts
        self.retention = retention
        self.interval = interval
        self.warmUp = warmUp
        self.logger = logger
    }

    /// About ten minutes.
    private var looksBetweenPrunings: Int { max(1, Int(Duration.seconds(600) / interval)) }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            do {
                try await contexts.warmUp(.local, limit: warmUp)
            } catch {
                // They are read when somebody asks.
                logger.warning("Could not read contexts into memory", metadata: ["error": "\(error)"])
            }
            var looks = 0
            while (try? await Task.sleep(for: interval)) != nil {
                // Old rows are in nobody's way.
                await sweep(prunes: looks.isMultiple(of: looksBetweenPrunings))
                looks += 1
            }
        }
    }

    /// Does everything that is due now.
    ///
    /// What cannot be done keeps nothing else from being done; it is tried again with the next look.
    package func sweep(prunes: Bool = true) async {
        await attempt("remove expired contexts") { try await removeExpired() }
        await attempt("end sessions") { try await endSessions() }
        if prunes { await attempt("remove old rows") { try await prune() } }
    }

    private func attempt(_ what: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            logger.warning("Could not sweep contexts", metadata: ["work": "\(what)", "error": "\(error)"])
        }
    }

    private func removeExpired() async throws {
        let now = contexts.clock.now
        var stuck: Set<Context.ID> = []
        while !Task.isCancelled {
            let limit = Self.rows + stuck.count
            let due = try await contexts.store.read { tx in try ContextRepository.due(at: now, limit: limit, tx) }
            let new = due.filter { !stuck.contains($0.id) }
            for (tenant, id) in new {
                await attempt("remove the expired context \(id)") { try await contexts.removeExpired(id, tenant) }
                // One that is still there when it is looked for again is in nobody's way.
                stuck.insert(id)
            }
            guard due.count == limit, !new.isEmpty, stuck.count < Self.mostAtOnce else { return }
        }
    }

    private func endSessions() async throws {
        let now = contexts.clock.now
        let due = try await contexts.store.read { tx in
            try ContextSessionRepository.due(at: now, limit: Self.mostAtOnce, tx)
        }
        for (tenant, context, id) in due where !Task.isCancelled {
            await attempt("end the session \(id)") { try await contexts.endOverdue(context, id, tenant) }
        }
    }

    private func prune() async throws {
        let (now, kept) = (contexts.clock.now, retention)
        let (left, happened) = (now.before(kept.participants), now.before(kept.events))
        try await contexts.store.write { tx in try ContextEventRepository.turnOver(now, before: happened, tx) }
        while !Task.isCancelled {
            let most = try await contexts.store.write { tx in
                max(
                    try ParticipantRepository.prune(before: left, limit: Self.rows, tx),
                    try ContextSessionRepository.prune(before: left, limit: Self.rows, tx),
                    try ContextMetadataRepository.prune(before: left, limit: Self.rows, tx),
                    try ContextEventRepository.prune(before: happened, limit: Self.rows, tx)
                )
            }
            guard most >= Self.rows else { return }
        }
    }
}

extension Timestamp {
    fileprivate func before(_ age: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds - Int(age.components.seconds) * 1000)
    }
}
