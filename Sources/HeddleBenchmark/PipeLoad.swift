import Glibc
package import HeddleModel

/// A closed loop of callers straight on an extension's pipes: the floor that every host adds to.
package enum PipeLoad {
    /// Keeps a number of calls of the tool `echo` under way for a time.
    ///
    /// - Throws: ``HeddleError`` with `extensionCrashed` when a pipe breaks.
    package static func run(
        input: Int32,
        output: Int32,
        callers: Int,
        seconds: Double
    ) throws(HeddleError) -> LatencyRecord {
        var record = LatencyRecord()
        var sentAt: [UInt64] = []
        let start = MonotonicClock.now
        let end = start + UInt64(seconds * 1e9)
        func send() throws(HeddleError) {
            let line = request(id: sentAt.count)
            sentAt.append(MonotonicClock.now)
            let count = line.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            guard count == line.count else { throw HeddleError(.extensionCrashed, "the pipe broke") }
        }
        for _ in 0..<callers { try send() }
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var active = callers
        while active > 0 {
            let count = read(output, &chunk, chunk.count)
            guard count > 0 else { throw HeddleError(.extensionCrashed, "the extension ended") }
            pending += chunk[..<count]
            var first = 0
            while let newline = pending[first...].firstIndex(of: UInt8(ascii: "\n")) {
                let now = MonotonicClock.now
                if let id = id(pending[first..<newline]), id < sentAt.count {
                    record.add(now - sentAt[id])
                } else {
                    record.failures += 1
                }
                first = newline + 1
                if now < end { try send() } else { active -= 1 }
            }
            pending.removeFirst(first)
        }
        record.elapsed = MonotonicClock.now - start
        return record
    }

    private static func request(id: Int) -> [UInt8] {
        Array(
            """
            {"jsonrpc":"2.0","id":\(id),"method":"tools/call","params":{"name":"echo","arguments":\
            {"text":"\(InvokeBenchmark.text)"}}}

            """
            .utf8
        )
    }

    private static func id(_ line: ArraySlice<UInt8>) -> Int? {
        guard let name = line.firstRange(of: Array("\"id\":".utf8)) else { return nil }
        let digits = line[name.upperBound...].drop { $0 == 0x20 }.prefix { (0x30...0x39).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
