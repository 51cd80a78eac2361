import CZlib

/// Undoes deflate with zlib.
struct Inflater: ~Copyable {
    /// What stands around the compressed data.
    enum Wrapping: Int32 {
        /// Nothing, as in a zip.
        case none = -15
        /// A header and a checksum, which zlib checks.
        case gzip = 31
    }

    /// How far one step came.
    struct Step {
        /// Bytes that were read.
        var consumed: Int
        /// Bytes that were written.
        var produced: Int
        var outcome: Outcome
    }

    enum Outcome {
        /// It can go on with more to read or more space to write to.
        case goesOn
        /// The end of the data, checksum included.
        case ended
        case damaged
        case noMemory
    }

    /// On the heap, since zlib keeps the address.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Starts at the beginning of compressed data.
    ///
    /// - Throws: ``ArchiveError/Reason/readFailed`` when there is no memory.
    init(_ wrapping: Wrapping) throws(ArchiveError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, size) == Z_OK else {
            stream.deallocate()
            throw Self.outOfMemory
        }
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    static var outOfMemory: ArchiveError { ArchiveError(.readFailed, "cannot be unpacked for lack of memory") }

    /// Starts over with other data.
    mutating func reset() { inflateReset(stream) }

    /// Inflates as much as both buffers allow; each has less than 4 GiB.
    mutating func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Step {
        // zlib does not write to its input.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.assumingMemoryBound(to: Bytef.self).baseAddress)
        stream.pointee.avail_in = uInt(input.count)
        stream.pointee.next_out = output.assumingMemoryBound(to: Bytef.self).baseAddress
        stream.pointee.avail_out = uInt(output.count)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        return Step(
            consumed: input.count - Int(stream.pointee.avail_in),
            produced: output.count - Int(stream.pointee.avail_out),
            outcome: Self.outcome(code)
        )
    }

    private static func outcome(_ code: Int32) -> Outcome {
        switch code {
        // Nothing could be read or nothing could be written; the caller sees which.
        case Z_OK, Z_BUF_ERROR: .goesOn
        case Z_STREAM_END: .ended
        case Z_MEM_ERROR: .noMemory
        default: .damaged
        }
    }
}
