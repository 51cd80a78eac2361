import HeddleMCP
import HeddleModel
import JSON
import Synchronization

/// Calls that go on behind their answer (the extension `io.modelcontextprotocol/tasks` of MCP 2026-07-28).
///
/// Any call of a client that takes tasks becomes one when it lasts, whatever the extension behind it knows of tasks. They are
/// kept in memory, with their results, for an hour.
final class MCPTasks: Sendable {
    /// One call as a task.
    struct Entry: Sendable {
        let call: ParkedCall
        let principal: String
        let scope: MCPScope
        let createdAt: Timestamp
        var updatedAt: Timestamp
        var isCancelled = false
        /// Shapes a result for the client.
        let encode: @Sendable (JSONView) -> [UInt8]
    }

    /// How long a call may last before it becomes a task.
    static let patience = Duration.milliseconds(800)
    private static let lifetime = Duration.seconds(3600)
    private static let pollInterval = Duration.milliseconds(500)
    private static let most = 1000

    private let entries = Mutex<[String: Entry]>([:])
    private let lastPurge = Atomic<Int>(0)
    private let clock: any WallClock
    private let changed: @Sendable (_ id: String, _ task: [UInt8]) -> Void

    /// Takes what gets the members of a task that has changed, for those who listen.
    init(clock: any WallClock, changed: @escaping @Sendable (_ id: String, _ task: [UInt8]) -> Void) {
        self.clock = clock
        self.changed = changed
    }

    /// Keeps a call as a task; false when there are too many.
    func keep(
        _ call: ParkedCall,
        for principal: String,
        _ scope: MCPScope,
        encode: @escaping @Sendable (JSONView) -> [UInt8]
    ) -> Bool {
        let now = clock.now
        return entries.withLock { entries in
            if now.milliseconds - lastPurge.load(ordering: .relaxed) > 60_000 || entries.count >= Self.most {
                lastPurge.store(now.milliseconds, ordering: .relaxed)
                let oldest = now.milliseconds - Int(Self.lifetime / .milliseconds(1))
                entries = entries.filter { $0.value.createdAt.milliseconds >= oldest }
            }
            guard entries.count < Self.most else { return false }
            entries[call.id] = Entry(
                call: call,
                principal: principal,
                scope: scope,
                createdAt: now,
                updatedAt: now,
                encode: encode
            )
            return true
        }
    }

    /// The task of an id, if it is the principal's and belongs to the endpoint.
    func entry(_ id: String, of principal: String, _ scope: MCPScope) -> Entry? {
        guard let entry = entries.withLock({ $0[id] }), entry.principal == principal, entry.scope == scope,
            clock.now.milliseconds - entry.createdAt.milliseconds <= Int(Self.lifetime / .milliseconds(1))
        else { return nil }
        return entry
    }

    /// Something happened to the call of an id.
    func note(_ id: String) {
        let now = clock.now
        let entry = entries.withLock { entries in
            entries[id]?.updatedAt = now
            return entries[id]
        }
        if let entry { changed(id, members(entry, isDetailed: true)) }
    }

    /// Ends a task; one that is over stays as it is.
    func cancel(_ id: String) {
        let call = entries.withLock { entries -> ParkedCall? in
            guard let entry = entries[id], entry.call.progress.result == nil else { return nil }
            entries[id]?.isCancelled = true
            return entry.call
        }
        guard let call else { return }
        call.giveUp()
        note(id)
    }

    /// A task as members of an object, without braces: the state alone, or with what comes with it.
    func members(_ entry: Entry, isDetailed: Bool) -> [UInt8] {
        let progress = entry.call.progress
        let (status, detail) = state(entry, progress)
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("taskId")
        writer.string(entry.call.id)
        writer.name("status")
        writer.string(isDetailed ? status : "working")
        writer.name("createdAt")
        writer.string(entry.createdAt.description)
        writer.name("lastUpdatedAt")
        writer.string(entry.updatedAt.description)
        writer.name("ttlMs")
        writer.integer(Int(Self.lifetime / .milliseconds(1)))
        writer.name("pollIntervalMs")
        writer.integer(Int(Self.pollInterval / .milliseconds(1)))
        if isDetailed, let detail {
            writer.name(detail.name)
            writer.raw(detail.value[...])
        }
        writer.endObject()
        return Array(writer.bytes.dropFirst().dropLast())
    }

    private func state(
        _ entry: Entry,
        _ progress: ParkedCall.Progress
    ) -> (status: String, detail: (name: String, value: [UInt8])?) {
        if entry.isCancelled { return ("cancelled", nil) }
        switch progress.result {
        case nil where progress.questions.isEmpty: return ("working", nil)
        case nil: return ("input_required", ("inputRequests", MCPNotice.inputRequests(progress.questions)))
        case .success(let outcome): return state(outcome.message, entry)
        case .failure(let error):
            let known = Door.known(error)
            let message = known.code == .internalError ? "an error of the server" : known.message
            return ("failed", ("error", MCPAnswer.errorObject(MCPErrorCode.internalError.rawValue, message, nil)))
        }
    }

    private func state(
        _ message: MCPOutcome,
        _ entry: Entry
    ) -> (status: String, detail: (name: String, value: [UInt8])?) {
        switch message {
        case .result(let view): return ("completed", ("result", entry.encode(view)))
        case .failure(let failure):
            return ("failed", ("error", MCPAnswer.errorObject(failure.code, failure.message, failure.data?.bytes)))
        }
    }
}
