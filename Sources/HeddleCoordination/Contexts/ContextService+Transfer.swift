package import HeddleModel
package import HeddleStore
import JSON

extension ContextService {
    /// What became of the lines of an import.
    package struct ImportReport: Sendable {
        /// A line that was refused.
        package struct Failure: Sendable {
            /// From one.
            package let line: Int
            package let error: HeddleError
        }

        package private(set) var lines = 0
        package private(set) var created = 0
        /// Lines whose context was there already, when that is no failure.
        package private(set) var skipped = 0
        package private(set) var failed = 0
        /// The first failures.
        package private(set) var failures: [Failure] = []

        private static let mostFailures = 1000

        package init() {}

        mutating func count(lines: Int, created: Int, skipped: Int) {
            self.lines += lines
            self.created += created
            self.skipped += skipped
        }

        mutating func fail(_ line: Int, _ error: HeddleError) {
            failed += 1
            if failures.count < Self.mostFailures { failures.append(Failure(line: line, error: error)) }
        }

        /// The report as clients see it.
        package var bytes: [UInt8] {
            var writer = JSONWriter()
            writer.beginObject()
            for (name, count) in [("lines", lines), ("created", created), ("skipped", skipped), ("failed", failed)] {
                writer.name(name)
                writer.integer(count)
            }
            writer.name("errors")
            writer.beginArray()
            for failure in failures {
                writer.beginObject()
                writer.name("line")
                writer.integer(failure.line)
                writer.name("code")
                writer.string(failure.error.code.rawValue)
                writer.name("message")
                writer.string(
                    failure.error.code == .internalError ? "something went wrong here" : failure.error.message
                )
                writer.endObject()
            }
            writer.endArray()
            writer.name("is_cut")
            writer.bool(failed > failures.count)
            writer.endObject()
            return writer.bytes
        }
    }

    /// Stores the contexts of some lines of an import: those that can be, in one transaction with one event.
    ///
    /// A context that is there already is passed over, or a failure of its line. The report gets what became of them.
    ///
    /// - Throws: what the store throws; nothing of these lines is stored then.
    package func importLines(
        _ caller: Caller,
        _ lines: [(number: Int, bytes: [UInt8])],
        skipsKnown: Bool,
        _ report: inout ImportReport
    ) async throws {
        let now = clock.now
        var (contexts, seen): ([(line: Int, context: ImportedContext)], Set<String>) = ([], [])
        for (number, bytes) in lines {
            do throws(HeddleError) {
                let context = try ImportedContext(
                    bytes,
                    ownedBy: caller.principal,
                    of: caller.tenant,
                    at: now
                )
                guard seen.insert(context.id.rawValue).inserted else { throw Self.known(context.id) }
                contexts.append((number, context))
            } catch {
                report.fail(number, error)
            }
        }
        let read = contexts
        let taken = try await store.write { tx -> Set<String> in
            let taken = try ContextRepository.taken(read.map(\.context.id), caller.tenant, tx)
            let new = read.map(\.context).filter { !taken.contains($0.id.rawValue) }
            guard !new.isEmpty else { return taken }
            try ContextRepository.insert(new.map(\.prepared), caller.tenant, tx)
            for context in new { try Self.store(context, caller.tenant, tx) }
            let event = Self.batchEvent(new.map(\.prepared.context))
            try ContextEventRepository.append([event], caller, at: now, tx)
            return taken
        }
        cache.changed(EmptyCollection(), caller.tenant)
        var skipped = 0
        for (line, context) in read where taken.contains(context.id.rawValue) {
            if skipsKnown { skipped += 1 } else { report.fail(line, Self.known(context.id)) }
        }
        report.count(lines: lines.count, created: read.count - taken.count, skipped: skipped)
    }

    private static func known(_ id: Context.ID) -> HeddleError {
        HeddleError(.contextExists, "there is a context '\(id)' already", details: ["context_id": id.rawValue])
    }

    private static func store(_ context: ImportedContext, _ tenant: TenantID, _ tx: WriteTransaction) throws {
        if !context.participants.isEmpty {
            try ParticipantRepository.insert(context.participants, context.id, tenant, tx)
        }
        for session in context.sessions { try ContextSessionRepository.insert(session, context.id, tenant, tx) }
        for item in context.metadata { try ContextMetadataRepository.put(item, context.id, tenant, tx) }
        if let state = context.state { try ContextStateRepository.store(state, context.id, tenant, tx) }
    }

    /// What an export shows of each context besides itself.
    package struct ExportParts: OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) { self.rawValue = rawValue }

        package static let participants = ExportParts(rawValue: 1)
        package static let sessions = ExportParts(rawValue: 2)
        package static let metadata = ExportParts(rawValue: 4)
        package static let state = ExportParts(rawValue: 8)
        package static let all: ExportParts = [.participants, .sessions, .metadata, .state]
    }

    /// Bytes after which no further line is read at a time.
    private static let enoughBytes = 8 << 20

    /// Some lines of an export, the oldest context first; none when it is at its end.
    ///
    /// The filter says what is exported, and behind which context it goes on.
    ///
    /// - Returns: The lines, and the sequence of the last one.
    /// - Throws: what the store throws.
    package func exportLines(
        _ caller: Caller,
        _ filter: ContextFilter,
        _ parts: ExportParts,
        _ consistency: ReadConsistency = .strong
    ) async throws -> (lines: [[UInt8]], last: Int?) {
        var filter = filter
        filter.isAscending = true
        let page = filter
        return try await store.read(consistency) { tx in
            var (lines, last, size): ([[UInt8]], Int?, Int) = ([], nil, 0)
            for context in try ContextRepository.list(page, caller.tenant, tx).prefix(page.limit) {
                let line = try Self.line(context, parts, caller.tenant, tx)
                lines.append(line)
                (last, size) = (context.sequence, size + line.count)
                // A state may have megabytes.
                if size >= Self.enoughBytes { break }
            }
            return (lines, last)
        }
    }

    private static func line(
        _ context: Context,
        _ parts: ExportParts,
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.name("cursor")
        writer.string(String(context.sequence, radix: 16))
        writer.name("context")
        writer.beginObject()
        context.write(to: &writer)
        writer.endObject()
        if parts.contains(.participants) {
            try writeAll("participants", &writer) { after in
                try ParticipantRepository.list(context.id, status: nil, after: after, limit: 500, tenant, tx)
                    .map { one in (one.id.rawValue, { one.write(to: &$0, in: context.id) }) }
            }
        }
        if parts.contains(.sessions) {
            try writeAll("sessions", &writer) { after in
                try ContextSessionRepository.list(context.id, status: nil, after: after, limit: 500, tenant, tx)
                    .map { one in (one.id.rawValue, { one.write(to: &$0, in: context.id) }) }
            }
        }
        if parts.contains(.metadata) {
            try writeAll("metadata", &writer) { after in
                try ContextMetadataRepository.list(context.id, prefix: "", after: after, limit: 500, tenant, tx)
                    .map { one in (one.name, { one.write(to: &$0) }) }
            }
        }
        if parts.contains(.state) {
            let state = try ContextStateRepository.find(context.id, tenant, tx)
            if state.version > 0 {
                writer.name("state")
                writer.beginObject()
                state.writeHead(to: &writer)
                writer.name("document")
                writer.raw(state.document.root)
                writer.endObject()
            }
        }
        writer.endObject()
        return writer.bytes
    }

    /// Writes a member that lists all of something, page by page.
    private static func writeAll(
        _ name: String,
        _ writer: inout JSONWriter,
        _ page: (_ after: String) throws -> [(key: String, write: (inout JSONWriter) -> Void)]
    ) throws {
        writer.name(name)
        writer.beginArray()
        var after = ""
        while true {
            let items = try page(after)
            for item in items { item.write(&writer) }
            guard items.count == 500, let last = items.last else { break }
            after = last.key
        }
        writer.endArray()
    }
}
