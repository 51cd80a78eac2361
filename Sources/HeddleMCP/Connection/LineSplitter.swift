package import NIOCore

/// Cuts a stream of bytes into lines, with a bound on what one line may hold in memory.
///
/// A line above the bound is not kept: its beginning is reported, so that the call it answers can fail by name, and the
/// rest is skipped up to its end.
package struct LineSplitter {
    /// What a piece of the stream brought.
    package enum Event: Equatable {
        /// A whole line without its end.
        case line([UInt8])
        /// The first bytes of a line that is too long.
        case oversized(prefix: [UInt8])
        /// More was skipped than a line may have at all; the stream is hostile.
        case overflow
    }

    private let maximumLine: Int
    private let maximumSkipped: Int
    private var buffer = ByteBuffer()
    /// Bytes at the front of the buffer that are known to hold no line end.
    private var searched = 0
    private var skipped: Int?

    private static let prefixLength = 1024
    private static let discardAbove = 1 << 16

    /// Makes a splitter that keeps lines of up to `maximumLine` bytes and skips up to `maximumSkipped` of longer ones.
    package init(maximumLine: Int, maximumSkipped: Int) {
        self.maximumLine = maximumLine
        self.maximumSkipped = maximumSkipped
    }

    /// Takes the next piece of the stream.
    package mutating func append(_ piece: inout ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = piece
            searched = 0
        } else {
            // Without this the lines that were taken would stay in memory as long as there is never a moment of rest.
            if buffer.readerIndex > Self.discardAbove { buffer.discardReadBytes() }
            buffer.writeBuffer(&piece)
        }
    }

    /// The beginning of a line whose end has not come; nil between lines.
    package var partial: [UInt8]? { buffer.readableBytes > 0 && skipped == nil ? prefix : nil }

    /// The next event, nil when more bytes are needed.
    package mutating func next() -> Event? {
        let end = buffer.readableBytesView.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n"))
        if let alreadySkipped = skipped {
            return skip(alreadySkipped, to: end)
        }
        guard let end else {
            searched = buffer.readableBytes
            guard buffer.readableBytes > maximumLine else { return nil }
            skipped = 0
            return .oversized(prefix: prefix)
        }
        let length = end - buffer.readerIndex
        searched = 0
        guard length <= maximumLine else {
            let beginning = Array(prefix.prefix(length))
            buffer.moveReaderIndex(to: end + 1)
            return .oversized(prefix: beginning)
        }
        let line = buffer.readBytes(length: length) ?? []
        buffer.moveReaderIndex(forwardBy: 1)
        return .line(line)
    }

    private var prefix: [UInt8] { Array(buffer.readableBytesView.prefix(Self.prefixLength)) }

    private mutating func skip(_ alreadySkipped: Int, to end: Int?) -> Event? {
        guard let end else {
            guard buffer.readableBytes > 0 else { return nil }
            skipped = alreadySkipped + buffer.readableBytes
            buffer.clear()
            searched = 0
            return alreadySkipped > maximumSkipped ? .overflow : nil
        }
        buffer.moveReaderIndex(to: end + 1)
        searched = 0
        skipped = nil
        return next()
    }
}
