import HeddleModel

/// Writes a file of sections with checksums, which ``CheckedFile`` reads.
///
/// Sections begin at pages, so that they can be mapped. Behind them stand where they are, a checksum for each 64 KiB
/// of every section, and a trailer that says how long all this is.
final class CheckedFileWriter {
    static let chunkBytes = 64 << 10
    static let pageBytes = 4_096
    static let trailerBytes = 40
    static let magic: UInt64 = 0x4845_4444_4C45_5631

    private let file: OutputFile
    private var buffer: [UInt8] = []
    private var checksums: [UInt32] = []
    private var sections: [Range<Int>] = []
    private var sectionStart: Int?
    private var position = 0
    private var chunkFill = 0
    private var chunkChecksum: UInt32 = 0

    init(_ path: String, _ access: FileAccess) throws(HeddleError) {
        file = try OutputFile(path, access)
        buffer.reserveCapacity(1 << 20)
    }

    /// Ends the last section and begins one at the next page.
    func beginSection() throws(HeddleError) {
        try endSection()
        sectionStart = position
    }

    private func endSection() throws(HeddleError) {
        guard let sectionStart else { return }
        sections.append(sectionStart..<position)
        self.sectionStart = nil
        let rest = position % Self.pageBytes
        if rest > 0 { try write([UInt8](repeating: 0, count: Self.pageBytes - rest)) }
        // No piece has a part in two sections: what damages one leaves the other whole.
        if chunkFill > 0 { endChunk() }
    }

    func write(_ bytes: [UInt8]) throws(HeddleError) {
        let result: Result<Void, HeddleError> = bytes.withUnsafeBytes { raw in
            do throws(HeddleError) { return .success(try write(raw)) } catch { return .failure(error) }
        }
        try result.get()
    }

    func write<Element: BitwiseCopyable>(values: [Element]) throws(HeddleError) {
        let result: Result<Void, HeddleError> = values.withUnsafeBytes { raw in
            do throws(HeddleError) { return .success(try write(raw)) } catch { return .failure(error) }
        }
        try result.get()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(HeddleError) {
        add(bytes)
        position += bytes.count
        if bytes.count >= 1 << 20 {
            try flush()
            try file.write(bytes)
        } else {
            buffer.append(contentsOf: bytes)
            if buffer.count >= 1 << 20 { try flush() }
        }
    }

    private func flush() throws(HeddleError) {
        guard !buffer.isEmpty else { return }
        try file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.chunkBytes - chunkFill)
            chunkChecksum = Checksum.of(UnsafeRawBufferPointer(rebasing: part), after: chunkChecksum)
            chunkFill += part.count
            rest = rest.dropFirst(part.count)
            if chunkFill == Self.chunkBytes { endChunk() }
        }
    }

    private func endChunk() {
        checksums.append(chunkChecksum)
        chunkChecksum = 0
        chunkFill = 0
    }

    /// Writes what leads to the sections, and returns the length of the file once the disk has it.
    func finish() throws(HeddleError) -> Int {
        try endSection()
        let body = position
        var tail: [UInt8] = []
        for section in sections {
            tail.append(littleEndian: UInt64(section.lowerBound))
            tail.append(littleEndian: UInt64(section.upperBound))
        }
        for checksum in checksums { tail.append(littleEndian: checksum) }
        let tailChecksum = Checksum.of(tail)
        var trailer: [UInt8] = []
        trailer.append(littleEndian: Self.magic)
        trailer.append(littleEndian: UInt64(body))
        trailer.append(littleEndian: UInt64(sections.count))
        trailer.append(littleEndian: UInt64(checksums.count))
        trailer.append(littleEndian: tailChecksum)
        trailer.append(littleEndian: Checksum.of(trailer))
        try flush()
        try file.write(tail + trailer)
        try file.sync()
        return file.length
    }
}

extension [UInt8] {
    /// Appends a number, lowest byte first.
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
