import Glibc
package import HeddleModel

/// A closed loop of callers over HTTP: each sends the next request when it has the answer to the last.
///
/// One thread and poll, so that the generator takes as little as possible of the machine it shares with the server.
package struct HTTPLoad: Sendable {
    private let port: UInt16
    private let requests: [HTTPRequestBytes]

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

    /// Prepares requests with POST, each with what its own answer holds.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a header holds a line break.
    init(
        port: UInt16,
        headers: [String],
        requests: [(path: String, body: String, expected: String)]
    ) throws(HeddleError) {
        var made: [HTTPRequestBytes] = []
        made.reserveCapacity(requests.count)
        for (path, body, expected) in requests {
            made.append(
                try HTTPRequestBytes("POST", path, port: port, headers: headers, body: body, expecting: expected)
            )
        }
        self.init(port: port, requests: made)
    }

    /// Takes requests that are ready to be sent.
    init(port: UInt16, requests: [HTTPRequestBytes]) {
        self.port = port
        self.requests = requests
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
        let next = { () -> Int? in
            sent += 1
            return sent <= callers || MonotonicClock.now < end ? sent % requests.count : nil
        }
        return try run(callers: callers, next: next, seen: seen, answered: nil)
    }

    /// Sends each request once, over a number of connections.
    ///
    /// - Parameters:
    ///   - callers: How many there are.
    ///   - seconds: After how long no more are sent; nil for all of them.
    ///   - answered: Told of the place of each request and of the body of its right answer.
    /// - Returns: All latencies.
    /// - Throws: ``HeddleError`` with `serverUnreachable` when a connection cannot be made or breaks.
    func runAll(
        callers: Int,
        seconds: Double? = nil,
        answered: ((Int, UnsafeRawBufferPointer) -> Void)? = nil
    ) throws(HeddleError) -> LatencyRecord {
        let end = seconds.map { MonotonicClock.now + UInt64($0 * 1e9) }
        var sent = 0
        let next = { () -> Int? in
            guard sent < requests.count, end.map({ sent < callers || MonotonicClock.now < $0 }) ?? true else {
                return nil
            }
            sent += 1
            return sent - 1
        }
        return try run(
            callers: min(callers, requests.count),
            next: next,
            seen: { _, _, _ in },
            answered: answered
        )
    }

    private func run(
        callers: Int,
        next: () -> Int?,
        seen: (UInt64, UInt64, Bool) -> Void,
        answered: ((Int, UnsafeRawBufferPointer) -> Void)?
    ) throws(HeddleError) -> LatencyRecord {
        var connections: [Connection] = []
        defer {
            for connection in connections { close(connection.socket) }
        }
        for _ in 0..<callers { connections.append(Connection(socket: try connect())) }
        var record = LatencyRecord()
        let start = MonotonicClock.now
        for index in connections.indices {
            if let place = next() { try send(place, &connections[index]) }
        }
        var watched = connections.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        var active = callers
        while active > 0 {
            let count = poll(&watched, nfds_t(callers), 30_000)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HeddleError(.deadlineExceeded, "the server did not answer for 30 s") }
            for index in watched.indices where watched[index].revents != 0 {
                guard let isComplete = connections[index].answer.receive(from: connections[index].socket) else {
                    throw HeddleError(.serverUnreachable, "the server closed the connection")
                }
                guard isComplete else { continue }
                let now = MonotonicClock.now
                let latency = now - connections[index].sentAt
                let place = connections[index].place
                let isExpected = connections[index].answer.satisfies(requests[place].expected)
                record.add(latency)
                if !isExpected { record.failures += 1 }
                seen(now, latency, isExpected)
                if isExpected, let answered { connections[index].answer.withBody { answered(place, $0) } }
                connections[index].answer.reset()
                if let place = next() { try send(place, &connections[index]) } else { active -= 1 }
            }
        }
        record.elapsed = MonotonicClock.now - start
        return record
    }

    private struct Connection {
        let socket: Int32
        var sentAt: UInt64 = 0
        /// The request that is under way.
        var place = 0
        var answer = HTTPAnswerBuffer()
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

    private func send(_ place: Int, _ connection: inout Connection) throws(HeddleError) {
        let bytes = requests[place].bytes
        connection.place = place
        connection.sentAt = MonotonicClock.now
        let count = bytes.withUnsafeBytes {
            Glibc.send(connection.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count == bytes.count else { throw HeddleError(.serverUnreachable, "the connection broke") }
    }
}
