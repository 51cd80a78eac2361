import Glibc

/// One connection's answer while it comes: no strings and no copies, since this runs for every answer.
struct HTTPAnswerBuffer {
    private static let headEnd = Array("\r\n\r\n".utf8)
    private static let lastChunk = Array("0\r\n\r\n".utf8)
    private static let lengthName = Array("content-length:".utf8)

    private var bytes = [UInt8](repeating: 0, count: 1 << 14)
    private var count = 0
    /// Where the body begins, once the head is there.
    private var bodyStart: Int?
    /// Where the answer ends; nil for a body in chunks.
    private var end: Int?

    /// Reads what has come.
    ///
    /// - Returns: Whether the whole answer is there; nil when the connection is over.
    mutating func receive(from socket: Int32) -> Bool? {
        if count == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
        let start = count
        let received = bytes.withUnsafeMutableBytes { buffer in
            recv(socket, buffer.baseAddress.map { $0 + start }, buffer.count - start, 0)
        }
        guard received > 0 else { return nil }
        count += received
        return isComplete
    }

    /// Makes room for the next answer.
    mutating func reset() {
        count = 0
        bodyStart = nil
        end = nil
    }

    private var isComplete: Bool {
        mutating get {
            if bodyStart == nil { readHead() }
            guard let bodyStart else { return false }
            if let end { return count >= end }
            let tail = Self.lastChunk.count
            return count - bodyStart >= tail && bytes[(count - tail)..<count].elementsEqual(Self.lastChunk)
        }
    }

    private mutating func readHead() {
        let (start, length) = bytes.withUnsafeBytes { whole -> (Int?, Int?) in
            let bytes = UnsafeRawBufferPointer(rebasing: whole[..<count])
            guard let headEnd = Self.find(Self.headEnd, in: bytes) else { return (nil, nil) }
            let start = headEnd + Self.headEnd.count
            // 204 and 304 have no body and may say nothing of its length.
            if bytes[9] == UInt8(ascii: "2"), bytes[11] == UInt8(ascii: "4") { return (start, 0) }
            return (start, Self.length(UnsafeRawBufferPointer(rebasing: bytes[..<headEnd])))
        }
        bodyStart = start
        if let start, let length { end = start + length }
    }

    /// What a head says of the length of the body.
    private static func length(_ head: UnsafeRawBufferPointer) -> Int? {
        var start = 0
        while let newline = find([0x0A], in: UnsafeRawBufferPointer(rebasing: head[start...])) {
            start += newline + 1
            let line = UnsafeRawBufferPointer(rebasing: head[start...])
            guard line.count > lengthName.count, line[0] | 0x20 == lengthName[0],
                zip(line, lengthName).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
            else { continue }
            var digits = line.dropFirst(lengthName.count).drop { $0 == 0x20 }
            digits = digits.prefix { (0x30...0x39).contains($0) }
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        return nil
    }

    /// Whether the status is one of success and the answer holds what is expected.
    func satisfies(_ expected: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { whole in
            let bytes = UnsafeRawBufferPointer(rebasing: whole[..<count])
            guard bytes.count > 12, bytes[9] == UInt8(ascii: "2") else { return false }
            return expected.isEmpty || Self.find(expected, in: bytes) != nil
        }
    }

    /// Shows the body, which is valid for the time of the call.
    func withBody(_ show: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { show(UnsafeRawBufferPointer(rebasing: $0[(bodyStart ?? 0)..<count])) }
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
