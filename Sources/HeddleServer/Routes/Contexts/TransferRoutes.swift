import HTTPTypes
import HeddleCoordination
import HeddleModel
import Hummingbird
import JSON
import NIOCore

/// Contexts by the thousand: import and export as lines of JSON.
struct TransferRoutes: Sendable {
    let services: ServerServices

    /// The longest line of an import, in bytes, and how many lines share a transaction.
    private static let (longestLine, linesAtOnce) = (16 << 20, 200)
    /// Bytes of lines that wait to be stored.
    private static let mostPending = 32 << 20
    private static let contentType = "application/x-ndjson"

    var routes: [Route] {
        [
            Route(
                method: .post,
                path: "/api/v1/contexts/import",
                summary: "Create contexts from lines of JSON; what is wrong with a line is told of that line.",
                query: ["on_conflict"],
                body: OwnSchema("ContextLines", ["type": "string"]),
                bodyTypes: [Self.contentType],
                answer: .importReport,
                handler: importLines
            ),
            Route(
                method: .get,
                path: "/api/v1/contexts/export",
                summary: "Write contexts as lines of JSON, the oldest first; 'cursor' goes on behind a line.",
                query: ["type", "status", "owner", "tag", "q", "include", "cursor", "limit", "consistency"],
                otherTypes: [Self.contentType],
                handler: export
            ),
        ]
    }

    /// What becomes of a line whose context is there.
    private enum ConflictStrategy: String, CaseIterable {
        case fail
        case skip
    }

    @Sendable private func importLines(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        guard request.mediaType == nil || request.mediaType == Self.contentType else {
            throw HeddleError(.unsupportedMediaType, "the body is \(Self.contentType)")
        }
        guard request.headers[.idempotencyKey] == nil else {
            throw HeddleError(
                .invalidRequest,
                "an import is repeated with the 'context_id' of each line and 'on_conflict=skip', not with a key",
                details: ["field": "Idempotency-Key"]
            )
        }
        let strategy: ConflictStrategy = try request.choice("on_conflict") ?? .fail
        let caller = context.caller(.rest)
        var report = ContextService.ImportReport()
        var lines = LineReader(longest: Self.longestLine)
        var (pending, pendingBytes): ([(number: Int, bytes: [UInt8])], Int) = ([], 0)
        func store() async throws {
            try await services.contexts.importLines(caller, pending, skipsKnown: strategy == .skip, &report)
            (pending, pendingBytes) = ([], 0)
        }
        do {
            for try await chunk in request.body {
                for line in try lines.take(chunk.readableBytesView) {
                    pending.append(line)
                    pendingBytes += line.bytes.count
                    if pending.count >= Self.linesAtOnce || pendingBytes >= Self.mostPending { try await store() }
                }
            }
        } catch let error as HeddleError {
            throw error
        } catch {
            // A client that hangs up in the middle of its body is no fault of the server's.
            throw HeddleError(.cancelled, "the request ended before its body did", cause: error)
        }
        if let last = lines.end() { pending.append(last) }
        if !pending.isEmpty { try await store() }
        return .json(bytes: report.bytes)
    }

    @Sendable private func export(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        var filter = try request.contextFilter()
        let named = try request.include(["participants", "sessions", "metadata", "state", "none"])
        var parts: ContextService.ExportParts = named.isEmpty ? .all : []
        if named.contains("participants") { parts.insert(.participants) }
        if named.contains("sessions") { parts.insert(.sessions) }
        if named.contains("metadata") { parts.insert(.metadata) }
        if named.contains("state") { parts.insert(.state) }
        let limit = try request.integerIfPresent("limit", in: 1...Int(Int32.max)) ?? .max
        filter.limit = 100
        let (first, included, caller) = (filter, parts, context.caller(.rest))
        let consistency = try request.consistency()
        let body = ResponseBody { [services] writer in
            var (page, left) = (first, limit)
            while left > 0 {
                page.limit = min(first.limit, left)
                let (lines, last) = try await services.contexts.exportLines(caller, page, included, consistency)
                guard let last else { break }
                var buffer = ByteBuffer()
                for line in lines {
                    buffer.writeBytes(line)
                    buffer.writeInteger(UInt8(ascii: "\n"))
                }
                try await writer.write(buffer)
                page.after = last
                left -= lines.count
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: Self.contentType], body: body)
    }
}

/// Cuts a stream of bytes into lines.
private struct LineReader {
    private let longest: Int
    private var line: [UInt8] = []
    private var number = 0

    init(longest: Int) { self.longest = longest }

    /// The lines that some bytes end; blank ones count and are not given.
    mutating func take(_ bytes: ByteBufferView) throws(HeddleError) -> [(number: Int, bytes: [UInt8])] {
        var lines: [(number: Int, bytes: [UInt8])] = []
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            line.append(contentsOf: rest[rest.startIndex..<end])
            if let done = self.end() { lines.append(done) }
            rest = rest[(end + 1)...]
        }
        line.append(contentsOf: rest)
        guard line.count <= longest else {
            throw HeddleError(
                .bodyTooLarge,
                "line \(number + 1) has more than \(longest >> 20) MB; the lines before it may be stored already",
                details: ["line": String(number + 1), "limit_bytes": String(longest)]
            )
        }
        return lines
    }

    /// The line so far; nil for a blank one.
    mutating func end() -> (number: Int, bytes: [UInt8])? {
        number += 1
        defer { line.removeAll(keepingCapacity: true) }
        let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
        return isBlank ? nil : (number, line)
    }
}
