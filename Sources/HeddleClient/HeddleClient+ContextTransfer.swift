import AsyncHTTPClient
package import HeddleModel
import JSON
import NIOCore
import NIOHTTP1

/// Contexts by the thousand, which pass through without being held in memory.
extension HeddleClient {
    /// Bytes of the answer to an import: its report tells of a thousand lines at most.
    private static var largestReport: Int { 16 << 20 }
    private static var linesType: String { "application/x-ndjson" }

    /// Creates contexts from a file with a line of JSON for each.
    ///
    /// - Parameters:
    ///   - path: The file; `-` is standard input.
    ///   - skipsKnown: Whether a context that is there already is no failure.
    ///   - count: Is told how far it is.
    /// - Returns: What became of the lines.
    /// - Throws: ``HeddleError`` with `pathNotReadable`, or when the server cannot be asked; lines before that may be
    ///   stored.
    package func importContexts(
        from path: String,
        skipsKnown: Bool,
        _ count: TransferCount = TransferCount()
    ) async throws(HeddleError) -> ImportReportResource {
        let file = try FileChunks(path, count)
        var request = request(.POST, "/api/v1/contexts/import" + (skipsKnown ? "?on_conflict=skip" : ""))
        request.headers.add(name: "content-type", value: Self.linesType)
        // A file may still grow: what is sent is what is found until its end.
        request.body = .stream(file, length: .unknown)
        do {
            let response = try await http.execute(request, deadline: .distantFuture)
            let body = try await response.body.collect(upTo: Self.largestReport)
            let (status, bytes) = (Int(response.status.code), Array(body.readableBytesView))
            guard (200..<300).contains(status) else { throw HeddleError(status: status, body: bytes) }
            return try ImportReportResource(JSONValue(parsing: bytes))
        } catch let error as JSONError {
            throw HeddleError(.internalError, "the server's report is not JSON", cause: error)
        } catch {
            throw HeddleError.transport(error, server)
        }
    }

    /// Writes contexts to a file, the oldest first.
    ///
    /// - Parameters:
    ///   - file: Where they go.
    ///   - query: The filters by their names.
    ///   - cursor: That of the line behind which it goes on.
    ///   - count: Is told how far it is.
    /// - Returns: The lines that were written.
    /// - Throws: ``HeddleError`` when the server or the file fail; what is written by then can be gone on with.
    package func exportContexts(
        to file: LineFile,
        matching query: [(String, String?)] = [],
        after cursor: String? = nil,
        _ count: TransferCount = TransferCount()
    ) async throws(HeddleError) -> Int {
        let query = PercentEncoding.query(query + [("cursor", cursor)])
        var request = request(.GET, "/api/v1/contexts/export" + query)
        request.headers.replaceOrAdd(name: "accept", value: Self.linesType)
        do {
            let response = try await http.execute(request, deadline: .distantFuture)
            let status = Int(response.status.code)
            guard (200..<300).contains(status) else {
                let body = try await response.body.collect(upTo: Self.largestReport)
                throw HeddleError(status: status, body: Array(body.readableBytesView))
            }
            var lines = 0
            for try await chunk in response.body {
                let bytes = Array(chunk.readableBytesView)
                try file.write(bytes)
                lines += bytes.count { $0 == UInt8(ascii: "\n") }
                count.add(bytes.count)
            }
            try file.finish()
            return lines
        } catch {
            throw HeddleError.transport(error, server)
        }
    }
}
