/// Cuts a stream of bytes into lines.
package struct LineFramer: Sendable {
    /// What the bytes so far amount to.
    package enum Piece: Sendable, Hashable {
        case line([UInt8])
        /// A line that went past the limit; its bytes are dropped.
        case tooLong
    }

    /// Bytes that one line may have.
    package let limit: Int
    private var partial: [UInt8] = []
    private var isSkipping = false

    package init(limit: Int = 64 << 20) { self.limit = limit }

    /// Takes more bytes and gives the lines that they complete; empty lines are left out.
    package mutating func append(_ bytes: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            take(rest[..<end])
            rest = rest[(end + 1)...]
            if let piece = finish() { pieces.append(piece) }
        }
        take(rest)
        return pieces
    }

    /// The last line, when the stream ended without a line break.
    package mutating func finish() -> Piece? {
        defer {
            partial = []
            isSkipping = false
        }
        if isSkipping { return .tooLong }
        if partial.last == 0x0D { partial.removeLast() }
        return partial.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? nil : .line(partial)
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>) {
        if isSkipping || partial.count + bytes.count > limit {
            isSkipping = true
            partial = []
        } else {
            partial += bytes
        }
    }
}
