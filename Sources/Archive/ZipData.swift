import CZlib

/// Unpacks the data of a zip's entries, one after the other with the same buffers.
final class ZipData {
    private let file: ArchiveFile
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: ArchiveFile.windowBytes, alignment: 4096)
    private var inflater: Inflater
    private var meter: UnpackMeter
    /// Packed bytes of all entries so far.
    private var packed = 0

    init(_ file: ArchiveFile, _ limits: ArchiveLimits) throws(ArchiveError) {
        self.file = file
        meter = UnpackMeter(limits)
        inflater = try Inflater(.none)
    }

    deinit { buffer.deallocate() }

    /// Hands the data of an entry over and checks that they are what the directory says.
    ///
    /// - Throws: ``ArchiveError`` when they are not, or what the sink throws.
    func unpack(_ entry: ZipEntry, from start: Int, into sink: EntrySink) throws(ArchiveError) {
        let result =
            switch entry.method {
            case .stored: try copy(entry, from: start, into: sink)
            case .deflated: try inflate(entry, from: start, into: sink)
            }
        guard result.bytes == entry.size else { throw Self.wrongSize(entry) }
        guard result.checksum == entry.checksum else {
            throw ArchiveError(.damaged, entry: entry.name, "fails its checksum")
        }
    }

    private typealias Result = (bytes: Int, checksum: UInt32)

    private func copy(_ entry: ZipEntry, from start: Int, into sink: EntrySink) throws(ArchiveError) -> Result {
        guard entry.packed == entry.size else { throw Self.wrongSize(entry) }
        var result: Result = (0, 0)
        while result.bytes < entry.size {
            let bytes = try file.available(at: start + result.bytes, atMost: entry.size - result.bytes)
            guard !bytes.isEmpty else { throw Self.cut(entry) }
            packed += bytes.count
            try take(bytes, &result, entry, sink)
        }
        return result
    }

    private func inflate(_ entry: ZipEntry, from start: Int, into sink: EntrySink) throws(ArchiveError) -> Result {
        inflater.reset()
        var result: Result = (0, 0)
        var position = start
        let end = start + entry.packed
        while true {
            let input = try file.available(at: position, atMost: end - position)
            let step = inflater.inflate(input, into: buffer)
            position += step.consumed
            packed += step.consumed
            guard step.produced <= entry.size - result.bytes else { throw Self.wrongSize(entry) }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<step.produced]), &result, entry, sink)
            switch step.outcome {
            case .goesOn:
                guard step.consumed > 0 || step.produced > 0 else { throw Self.cut(entry) }
            case .ended:
                guard position == end else {
                    throw ArchiveError(.inconsistent, entry: entry.name, "has something else after its data")
                }
                return result
            case .damaged:
                throw ArchiveError(.damaged, entry: entry.name, "has compressed data that is broken")
            case .noMemory:
                throw Inflater.outOfMemory
            }
        }
    }

    private func take(
        _ bytes: UnsafeRawBufferPointer,
        _ result: inout Result,
        _ entry: ZipEntry,
        _ sink: EntrySink
    ) throws(ArchiveError) {
        guard !bytes.isEmpty else { return }
        try meter.add(bytes.count, packed: packed, entry: entry.name)
        let start = bytes.assumingMemoryBound(to: Bytef.self).baseAddress
        result.checksum = UInt32(truncatingIfNeeded: crc32(uLong(result.checksum), start, uInt(bytes.count)))
        result.bytes += bytes.count
        try sink.write(bytes)
    }

    private static func wrongSize(_ entry: ZipEntry) -> ArchiveError {
        ArchiveError(.inconsistent, entry: entry.name, "does not unpack to the size that it names")
    }

    private static func cut(_ entry: ZipEntry) -> ArchiveError {
        ArchiveError(.truncated, entry: entry.name, "ends before its last byte")
    }
}
