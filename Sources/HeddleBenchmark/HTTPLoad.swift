import Glibc
package import HeddleModel

/// A closed loop of callers over HTTP: each sends the next request when it has the answer to the last.
///
/// One thread and poll, so that the generator takes as little as possible of the machine it shares with the server.
package struct HTTPLoad: Sendable {
    /// A request and what its answer holds.
    struct Exchange: Sendable {
        let request: [UInt8]
        let expected: [UInt8]
    }

    private let port: UInt16
    private let exchanges: [Exchange]

    /// Prepares one request; an answer counts when its status says so and it holds the expected bytes.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a header holds a line break.
    package init(
        port: UInt16,
        path: String,
        headers: [String],
        body: String,
        expected: String
    ) throws(HeddleError) {
        try self.init(port: port, headers: headers, requests: [(path, body, expected)])
    }

    /// Prepares requests, each with what its own answer holds.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a header holds a line break.
    init(
        port: UInt16,
        headers: [String],
        requests: [(path: String, body: String, expected: String)]
    ) throws(HeddleError) {
        self.port = port
        var made: [Exchange] = []
        for (path, body, expected) in requests {
            let request = try Self.request(port, path, headers, body)
            made.append(Exchange(request: request, expected: Array(expected.utf8)))
        }
        exchanges = made
    }

    private static func request(
        _ port: UInt16,
        _ path: String,
        _ headers: [String],
        _ body: String
    ) throws(HeddleError) -> [UInt8] {
        let lines =
            ["POST \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Content-Type: application/json"] + headers
            + ["Content-Length: \(body.utf8.count)"]
        guard lines.allSatisfy({ line in !line.utf8.contains { $0 == 0x0A || $0 == 0x0D } }) else {
            throw HeddleError(.invalidRequest, "a header is one line")
        }
        return Array((lines.map { $0 + "\r\n" }.joined() + "\r\n" + body).utf8)
    }

    /// Runs a number of callers that repeat the requests for a time.
    ///
    /// - Parameters:
    ///   - callers: How many there are.
    ///   - seconds: For how long each sends the next request.
    ///   - seen: Told of each answer: when it was there, how long it took, both in nanoseconds, and whether it was the one
    ///     that was expected.
    /// - Returns: All latencies.
    /// - Throws: ``HeddleError`` with `serverUnreachable` when a connection cannot be made or breaks.
    package func run(
        callers: Int,
        seconds: Double,
        seen: (_ at: UInt64, _ latency: UInt64, _ isExpected: Bool) -> Void = { _, _, _ in }
    ) throws(HeddleError) -> LatencyRecord {
        let end = MonotonicClock.now + UInt64(seconds * 1e9)
        var sent = 0
        let next = { () -> Exchange? in
            sent += 1
            return sent <= callers || MonotonicClock.now < end ? exchanges[sent % exchanges.count] : nil
        }
        return try run(callers: callers, next: next, seen: seen)
    }

    /// Sends each request once, over a number of connections.
    ///
    /// - Throws: ``HeddleError`` with `serverUnreachable` when a connection cannot be made or breaks.
    func runAll(callers: Int) throws(HeddleError) -> LatencyRecord {
        var rest = exchanges[...]
        return try run(callers: min(callers, exchanges.count), next: { rest.popFirst() }, seen: { _, _, _ in })
    }

    private func run(
        callers: Int,
        next: () -> Exchange?,
        seen: (UInt64, UInt64, Bool) -> Void
    ) throws(HeddleError) -> LatencyRecord {
        var connections: [Connection] = []
        defer {
            for connection in connections { close(connection.socket) }
        }
        for _ in 0..<callers { connections.append(Connection(socket: try connect())) }
        var record = LatencyRecord()
        let start = MonotonicClock.now
        for index in connections.indices {
            if let exchange = next() { try send(exchange, &connections[index]) }
        }
        var watched = connections.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        var active = callers
        while active > 0 {
            let count = poll(&watched, nfds_t(callers), 10_000)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HeddleError(.deadlineExceeded, "the server did not answer for 10 s") }
            for index in watched.indices where watched[index].revents != 0 {
                guard try receive(&connections[index]) else { continue }
                let now = MonotonicClock.now
                let latency = now - connections[index].sentAt
                let isExpected = Self.isExpected(connections[index])
                record.add(latency)
                if !isExpected { record.failures += 1 }
                seen(now, latency, isExpected)
                connections[index].buffer.removeAll(keepingCapacity: true)
                if let exchange = next() { try send(exchange, &connections[index]) } else { active -= 1 }
            }
        }
        record.elapsed = MonotonicClock.now - start
        return record
    }

    private struct Connection {
        let socket: Int32
        var sentAt: UInt64 = 0
        var expected: [UInt8] = []
        var buffer: [UInt8] = []
    }

    private func connect() throws(HeddleError) -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw HeddleError(.serverUnreachable, "the benchmark's server does not answer") }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return socket
    }

    private func send(_ exchange: Exchange, _ connection: inout Connection) throws(HeddleError) {
        connection.expected = exchange.expected
        connection.sentAt = MonotonicClock.now
        let count = exchange.request.withUnsafeBytes {
            Glibc.send(connection.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count == exchange.request.count else { throw HeddleError(.serverUnreachable, "the connection broke") }
    }

    /// Whether a whole answer has come.
    private func receive(_ connection: inout Connection) throws(HeddleError) -> Bool {
        let count = withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { scratch in
            let count = recv(connection.socket, scratch.baseAddress, scratch.count, 0)
            if count > 0 { connection.buffer.append(contentsOf: scratch[..<count]) }
            return count
        }
        guard count > 0 else { throw HeddleError(.serverUnreachable, "the server closed the connection") }
        return Self.isComplete(connection.buffer)
    }

    private static let headEnd = Array("\r\n\r\n".utf8)
    private static let lastChunk = Array("0\r\n\r\n".utf8)
    private static let success = Array("HTTP/1.1 20".utf8)
    private static let lengthName = Array("content-length:".utf8)

    /// Whether the head and the body that belongs to it are there; no strings, since this runs for every answer.
    private static func isComplete(_ buffer: [UInt8]) -> Bool {
        buffer.withUnsafeBytes { bytes in
            guard let end = find(headEnd, in: bytes) else { return false }
            var start = 0
            while start < end {
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                if line.count > lengthName.count, zip(line, lengthName).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                    let value = line.dropFirst(lengthName.count).drop { $0 == 0x20 }
                    let length = value.prefix { (0x30...0x39).contains($0) }.reduce(0) { $0 * 10 + Int($1 - 0x30) }
                    return bytes.count - end - headEnd.count >= length
                }
                guard let newline = find([0x0A], in: line) else { break }
                start += newline + 1
            }
            // Without a length the body comes in chunks.
            return bytes.count >= lastChunk.count && bytes.suffix(lastChunk.count).elementsEqual(lastChunk)
        }
    }

    private static func isExpected(_ connection: Connection) -> Bool {
        connection.buffer.withUnsafeBytes { bytes in
            bytes.starts(with: success) && find(connection.expected, in: bytes) != nil
        }
    }

    private static func find(_ needle: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let first = needle.first else { return nil }
        var start = 0
        while start + needle.count <= bytes.count, let found = memchr(base + start, Int32(first), bytes.count - start) {
            let offset = UnsafeRawPointer(found) - base
            guard offset + needle.count <= bytes.count else { return nil }
            if memcmp(found, needle, needle.count) == 0 { return offset }
            start = offset + 1
        }
        return nil
    }
}
