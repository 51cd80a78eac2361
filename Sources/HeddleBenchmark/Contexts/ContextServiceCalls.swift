import HeddleCoordination
import HeddleModel
import HeddleStore
import JSON
import Logging
import Synchronization

/// The same operations in this process, on a store of its own: what is left without HTTP.
struct ContextServiceCalls {
    let directory: String
    let callers: Int
    let seconds: Double
    /// How many contexts statistics are made of.
    let contexts: Int

    /// What was measured besides the calls themselves.
    struct Figures {
        /// Statistics of all contexts, each from the database.
        var statistics = LatencyRecord()
        /// Answers that are kept, each looked up in memory.
        var kept = LatencyRecord()
        /// The share of reads that were answered from memory while others changed contexts, in percent.
        var hitRatio = 0.0
    }

    private var caller: Caller { .local(origin: .system) }

    /// Measures each operation.
    ///
    /// - Parameter told: Gets the name and the record of each measurement when it is over.
    /// - Returns: What goals are asked of.
    /// - Throws: ``HeddleError`` of the store or of the service.
    func run(_ told: (String, LatencyRecord) -> Void) async throws -> Figures {
        let logger = Logger(label: "heddle.benchmark") { _ in SwiftLogNoOpLogHandler() }
        let store = try HeddleStore.open(directory: directory, migrations: ContextMigrations.all, logger: logger)
        func service(_ limits: ContextCache.Limits) -> ContextService {
            ContextService(store: store, cache: ContextCache(limits), clock: SystemWallClock(), logger: logger)
        }
        do {
            let figures = try await measure(
                service(ContextCache.Limits()),
                uncached: service(ContextCache.Limits(isEnabled: false)),
                told
            )
            await store.close()
            return figures
        } catch {
            await store.close()
            throw error
        }
    }

    private func measure(
        _ service: ContextService,
        uncached: ContextService,
        _ told: (String, LatencyRecord) -> Void
    ) async throws -> Figures {
        let (caller, load) = (caller, TaskLoad(callers: callers, seconds: seconds))
        let attributes = try Self.attributes(1000)
        let created = Collected<Context.ID>()
        _ = try await load.run(most: 1000) { _ = try await service.create(caller, attributes[$0]) }
        told(
            "create, in process",
            try await load.run {
                created.add(try await service.create(caller, attributes[$0 % 1000]).id)
            }
        )
        let ids = created.taken
        let few = Array(ids.prefix(1000))
        told("get, in process", try await load.run { _ = try await service.get(caller, few[$0 % few.count]) })
        told(
            "list of 20, in process",
            try await load.run { number in
                var filter = ContextFilter()
                filter.after = 1000 + number % ids.count
                _ = try await uncached.list(caller, filter, wantsTotal: false)
            }
        )
        let patches = try (0..<100).map { try Self.fields(ContextWorkload.patch($0)) }
        told(
            "update, in process",
            try await load.run {
                _ = try await service.update(caller, few[$0 % few.count], merging: patches[$0 % 100], ifVersion: nil)
            }
        )
        try await participants(service, few, load, told)
        told(
            "delete, in process",
            try await load.run(most: ids.count) {
                try await service.delete(caller, ids[$0], ifVersion: nil)
            }
        )
        let batches = contexts / ContextQueries.batch
        told(
            "batch create, in process",
            try await TaskLoad(callers: 2, seconds: nil)
                .run(most: batches) { _ in
                    _ = try await service.create(caller, batch: attributes)
                }
        )
        var figures = Figures()
        figures.statistics = try await TaskLoad(callers: 2, seconds: seconds)
            .run { _ in
                _ = try await uncached.statistics(caller)
            }
        told("statistics, not kept", figures.statistics)
        try await measureCache(service, &figures)
        told("kept context", figures.kept)
        return figures
    }

    private func participants(
        _ service: ContextService,
        _ rooms: [Context.ID],
        _ load: TaskLoad,
        _ told: (String, LatencyRecord) -> Void
    ) async throws {
        let (caller, joined) = (caller, Collected<(Context.ID, Participant.ID)>())
        told(
            "add participant, in process",
            try await load.run { number in
                let room = rooms[number % rooms.count]
                let joining = try ContextService.Joining(
                    Self.fields(ContextWorkload.participant(number / rooms.count))
                )
                for participant in try await service.join(caller, room, [joining]) {
                    joined.add((room, participant.id))
                }
            }
        )
        let members = joined.taken
        told(
            "list participants, in process",
            try await load.run {
                _ = try await service.participants(caller, rooms[$0 % rooms.count], .init())
            }
        )
        told(
            "update participant, in process",
            try await load.run { number in
                let (room, member) = members[number % members.count]
                _ = try await service.updateParticipant(
                    caller,
                    room,
                    member,
                    merging: Self.fields(ContextWorkload.participantPatch(number)),
                    replaces: false,
                    ifVersion: nil
                )
            }
        )
        told(
            "remove participant, in process",
            try await load.run(most: members.count) {
                try await service.removeParticipant(caller, members[$0].0, members[$0].1, ifVersion: nil)
            }
        )
    }

    /// Looks kept answers up; then reads contexts, a few of them far more often than the others, and changes one for every ten
    /// reads.
    private func measureCache(_ service: ContextService, _ figures: inout Figures) async throws {
        var ids: [Context.ID] = []
        for attributes in try Self.attributes(5000) { ids.append(try await service.create(caller, attributes).id) }
        let (caller, contexts) = (caller, ids)
        _ = try await service.get(caller, contexts[0])
        for _ in 0..<20_000 {
            let began = MonotonicClock.now
            _ = try await service.get(caller, contexts[0])
            figures.kept.add(MonotonicClock.now - began)
        }
        var hits = 0
        let patch = try Self.fields(ContextWorkload.patch(0))
        let reads = 20_000
        for number in 0..<reads {
            let chance = ContextWorkload.scattered(number)
            let chosen = contexts[chance % (chance & 7 == 0 ? contexts.count : contexts.count / 10)]
            if try await service.get(caller, chosen).isHit { hits += 1 }
            if number % 10 == 0 {
                _ = try await service.update(
                    caller,
                    contexts[ContextWorkload.scattered(number + reads) % contexts.count],
                    merging: patch,
                    ifVersion: nil
                )
            }
        }
        figures.hitRatio = Double(hits) / Double(reads) * 100
    }

    private static func attributes(_ count: Int) throws -> [ContextAttributes] {
        try (0..<count).map { try ContextAttributes(fields(ContextWorkload.body($0)), ownedBy: "local") }
    }

    private static func fields(_ text: String) throws(HeddleError) -> JSONFields {
        try JSONFields(parsing: Array(text.utf8), code: .invalidRequest)
    }

    private final class Collected<Element: Sendable>: Sendable {
        private let elements = Mutex<[Element]>([])

        func add(_ element: Element) { elements.withLock { $0.append(element) } }
        var taken: [Element] { elements.withLock(\.self) }
    }
}
