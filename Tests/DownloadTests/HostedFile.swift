import HeddleTestSupport

/// A file as a good server hands it out, but for where it is cut.
struct HostedFile: Sendable {
    let bytes: [UInt8]
    var etag: String? = "\"one\""
    var modified: String?
    var isChunked = false
    /// Where the client writes, for a server that cuts only what has arrived there: clients may drop what was on its way.
    let place = Path()

    /// Bytes that look like nothing and are the same for the same seed.
    static func random(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// Answers a request, and ends the connection after so many bytes of the body.
    func answer(
        _ request: MisbehavingServer.Request,
        _ wire: MisbehavingServer.Wire,
        cutAfter cut: Int = .max,
        resets: Bool = false
    ) async throws {
        let isSame = request.headers["if-range"].map { $0 == etag || $0 == modified } ?? true
        let offset = isSame ? request.offset ?? 0 : 0
        let isPart = isSame && request.offset != nil
        let rest = bytes[offset...]
        var head = isPart ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n"
        if isPart { head += "Content-Range: bytes \(offset)-\(bytes.count - 1)/\(bytes.count)\r\n" }
        if let etag { head += "ETag: \(etag)\r\n" }
        if let modified { head += "Last-Modified: \(modified)\r\nDate: Sat, 21 Nov 2026 10:00:00 GMT\r\n" }
        head += isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(rest.count)\r\n\r\n"
        try await wire.write(head)
        let sent = Array(rest.prefix(cut))
        if isChunked, !sent.isEmpty { try await wire.write("\(String(sent.count, radix: 16))\r\n") }
        try await wire.write(sent)
        if sent.count < rest.count {
            while !place.value.isEmpty, DownloadScratch.bytes(place.value)?.count != offset + sent.count {
                try await Task.sleep(for: .milliseconds(1))
            }
            try await resets ? wire.reset() : wire.close()
        } else if isChunked {
            try await wire.write("\r\n0\r\n\r\n")
        }
    }
}
