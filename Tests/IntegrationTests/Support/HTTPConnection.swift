import FoundationEssentials
import Glibc
import JSON

/// An answer of the server.
struct HTTPAnswer {
    let status: Int
    /// By lowercase name.
    let headers: [String: String]
    let body: [UInt8]

    /// The body, null when it is no JSON.
    var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
    /// The code of the error that it is.
    var code: String? { json["error"]?["code"]?.string }
    /// The text of the tool result that it is.
    var toolText: String? { json["result"]?["content"]?.array?.first?["text"]?.string }
    /// The tool result's structured content.
    var structured: JSONValue? { json["result"]?["structuredContent"] }
}

/// A blocking connection that sends what it is given, right or wrong.
final class HTTPConnection {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let descriptor: Int32
    private var received: [UInt8] = []
    private var isClosed = false

    /// Connects to the loopback address.
    ///
    /// - Throws: ``Failure`` when nobody listens.
    init(port: Int, seconds: Int = 60) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "nobody listens on port \(port): \(errno)") }
    }

    deinit { if !isClosed { close(descriptor) } }

    /// Ends the connection as a client that is gone.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Ends the connection with a reset, as a client whose machine is gone.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
        isClosed = true
    }

    /// Sends bytes; false when the server no longer takes them.
    @discardableResult
    func send(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        var start = 0
        while start < bytes.count {
            let count = bytes[start...]
                .withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            start += count
        }
        return true
    }

    /// Whether the server closes the connection without another answer.
    var isEnded: Bool {
        do {
            _ = try answer()
            return false
        } catch {
            return (error as? Failure)?.description == Self.ended
        }
    }

    private static let ended = "the server closed the connection"

    /// Reads one answer.
    ///
    /// - Throws: ``Failure`` when the server closes or says nothing in time.
    func answer() throws -> HTTPAnswer {
        let separator = Array("\r\n\r\n".utf8)
        var end = index(of: separator)
        while end == nil {
            try receive()
            end = index(of: separator)
        }
        let head = String(decoding: received[..<(end ?? 0)], as: UTF8.self)
        received.removeFirst((end ?? 0) + 4)
        let lines = head.split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased()] = String(value)
        }
        if status == 100 { return try answer() }
        return HTTPAnswer(status: status, headers: headers, body: try body(headers))
    }

    private func body(_ headers: [String: String]) throws -> [UInt8] {
        guard headers["transfer-encoding"] == "chunked" else {
            return try take(headers["content-length"].flatMap { Int($0) } ?? 0)
        }
        var body: [UInt8] = []
        while true {
            while index(of: [13, 10]) == nil { try receive() }
            let line = try take((index(of: [13, 10]) ?? 0) + 2)
            let size = Int(String(decoding: line.dropLast(2), as: UTF8.self), radix: 16) ?? 0
            body += try take(size)
            _ = try take(2)
            if size == 0 { return body }
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count { try receive() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func receive() throws {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else {
            throw Failure(description: count == 0 ? Self.ended : "no answer: errno \(errno)")
        }
        received += chunk[..<count]
    }

    private func index(of pattern: [UInt8]) -> Int? {
        guard received.count >= pattern.count else { return nil }
        return (0...(received.count - pattern.count))
            .first { received[$0..<($0 + pattern.count)].elementsEqual(pattern) }
    }
}
