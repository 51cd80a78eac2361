/// What the members of a gzip file hold, one after the other.
final class GzipStream {
    private let file: ArchiveFile
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ArchiveFile.windowBytes, alignment: 4096)
    private var inflater: Inflater
    private var meter: UnpackMeter
    /// Bytes of the file that have been inflated.
    private var position = 0
    /// Whether a member has begun and not ended.
    private var isInside = true

    init(_ file: ArchiveFile, _ limits: ArchiveLimits) throws(ArchiveError) {
        self.file = file
        meter = UnpackMeter(limits)
        inflater = try Inflater(.gzip)
    }

    deinit { buffer.deallocate() }

    /// Whether the bytes start a member.
    static func isStart(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// The next bytes, a full buffer until the end; none at the end.
    ///
    /// They are valid until the next call.
    ///
    /// - Throws: ``ArchiveError/Reason/truncated``, ``ArchiveError/Reason/damaged``,
    ///   ``ArchiveError/Reason/tooLarge``, ``ArchiveError/Reason/suspiciousRatio`` or
    ///   ``ArchiveError/Reason/readFailed``.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        var filled = 0
        while filled < buffer.count {
            if !isInside, try !begin() { break }
            let input = try file.available(at: position)
            guard !input.isEmpty else { throw ArchiveError(.truncated, "ends in the middle of its compressed data") }
            let output = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let step = inflater.inflate(input, into: output)
            position += step.consumed
            filled += step.produced
            try meter.add(step.produced, packed: position)
            switch step.outcome {
            case .goesOn: break
            case .ended: isInside = false
            case .damaged: throw ArchiveError(.damaged, "has compressed data that is broken or fails its checksum")
            case .noMemory: throw Inflater.outOfMemory
            }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<filled])
    }

    /// Starts a further member; false at the end of the file.
    private func begin() throws(ArchiveError) -> Bool {
        guard try !file.available(at: position).isEmpty else { return false }
        let start = try file.bytes(at: position, count: min(2, max(1, file.size - position)))
        guard Self.isStart(start) else { throw ArchiveError(.damaged, "has something else after its compressed data") }
        inflater.reset()
        isInside = true
        return true
    }
}
