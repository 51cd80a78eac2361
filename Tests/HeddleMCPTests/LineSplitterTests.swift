import HeddleMCP
import NIOCore
import Testing

@Suite("The line splitter")
struct LineSplitterTests {
    private func events(_ pieces: [String], maximumLine: Int = 16, maximumSkipped: Int = 32) -> [LineSplitter.Event] {
        var splitter = LineSplitter(maximumLine: maximumLine, maximumSkipped: maximumSkipped)
        var result: [LineSplitter.Event] = []
        for piece in pieces {
            var buffer = ByteBuffer(string: piece)
            splitter.append(&buffer)
            while let event = splitter.next() { result.append(event) }
        }
        return result
    }

    private func line(_ text: String) -> LineSplitter.Event { .line(Array(text.utf8)) }

    @Test(
        "gives whole lines, however they are cut",
        arguments: [["ab\ncd\n"], ["a", "b\nc", "d\n"], ["ab\n", "cd", "\n"]]
    )
    func cuts(_ pieces: [String]) {
        #expect(events(pieces) == [line("ab"), line("cd")])
    }

    @Test("keeps an unfinished line to itself")
    func unfinished() {
        #expect(events(["ab\ncd"]) == [line("ab")])
    }

    @Test("shows the beginning of an unfinished line")
    func partial() {
        var splitter = LineSplitter(maximumLine: 16, maximumSkipped: 32)
        for (piece, expected) in [("ab\n", nil), ("cd", "cd"), ("e\nfg", "fg"), ("\n", nil)] as [(String, String?)] {
            var buffer = ByteBuffer(string: piece)
            splitter.append(&buffer)
            while splitter.next() != nil {}
            #expect(splitter.partial == expected.map { Array($0.utf8) })
        }
    }

    @Test("keeps every line of a stream that never rests between two")
    func restless() {
        var splitter = LineSplitter(maximumLine: 1 << 10, maximumSkipped: 1 << 10)
        let lines = (0..<2000).map { "\($0) " + String(repeating: "x", count: 100) }
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        var seen: [String] = []
        // Pieces that never end where a line ends.
        for start in stride(from: 0, to: bytes.count, by: 331) {
            var piece = ByteBuffer(bytes: bytes[start..<min(start + 331, bytes.count)])
            splitter.append(&piece)
            while case .line(let line)? = splitter.next() { seen.append(String(decoding: line, as: UTF8.self)) }
        }
        #expect(seen == lines)
    }

    @Test("reports a line that is too long by its beginning, once, and goes on after it")
    func oversized() {
        let long = String(repeating: "x", count: 20)
        #expect(events([long + "\nab\n"]) == [.oversized(prefix: Array(long.utf8)), line("ab")])
        #expect(events([long, "yyy", "y\nab\n"]) == [.oversized(prefix: Array(long.utf8)), line("ab")])
    }

    @Test("gives up on a line without end")
    func overflow() {
        let piece = String(repeating: "x", count: 20)
        let result = events(Array(repeating: piece, count: 5))
        #expect(result.first == .oversized(prefix: Array(piece.utf8)))
        #expect(result.last == .overflow)
    }
}
