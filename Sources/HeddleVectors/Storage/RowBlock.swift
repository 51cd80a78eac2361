import CHeddleKernels
import Glibc
import HeddleModel

/// Consecutive slots with everything that is known about them: vectors, ids and payloads.
///
/// A block grows in memory at first. Then it is sealed and written to a file, whose mapping takes its place.
final class RowBlock: @unchecked Sendable {
    // A growing block is changed by the writer with the content's lock held alone; a sealed one is only read.

    /// Where a row's record has its checksum, the lengths of id and payload, and these themselves.
    static let recordHeader = 10

    /// The first slot.
    ///
    /// A compaction moves blocks that are in memory to other slots.
    var base: UInt32
    private(set) var count: Int
    let vectorBytes: Int
    let file: CheckedFile?
    private let vectors: UnsafeMutableRawPointer
    private let reserved: Int
    private var offsets: [UInt64] = [0]
    private var records: [UInt8] = []
    private let mappedOffsets: UnsafeRawBufferPointer
    private let mappedRecords: UnsafeRawBufferPointer

    /// An empty block that can hold so many rows.
    init(base: UInt32, vectorBytes: Int, capacity: Int) throws(HeddleError) {
        self.base = base
        self.vectorBytes = vectorBytes
        count = 0
        file = nil
        reserved = max(capacity * vectorBytes, 1)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let place = mmap(nil, reserved, PROT_READ | PROT_WRITE, flags, -1, 0), place != MAP_FAILED else {
            throw FileAccess.failure("mmap", "rows", errno)
        }
        vectors = place
        mappedOffsets = UnsafeRawBufferPointer(start: nil, count: 0)
        mappedRecords = mappedOffsets
    }

    /// The rows of a file that ``write(_:to:_:)`` made.
    init(_ file: CheckedFile, base: UInt32, count: Int, vectorBytes: Int) throws(HeddleError) {
        self.file = file
        self.base = base
        self.count = count
        self.vectorBytes = vectorBytes
        reserved = 0
        mappedOffsets = file.section(1)
        mappedRecords = file.section(2)
        guard let start = file.section(0).baseAddress, file.section(0).count == count * vectorBytes,
            mappedOffsets.count == (count + 1) * 8
        else { throw CheckedFile.damaged(file.path, "it has another number of rows") }
        vectors = UnsafeMutableRawPointer(mutating: start)
    }

    deinit {
        if reserved > 0 { munmap(vectors, reserved) }
    }

    var end: UInt32 { base + UInt32(count) }

    /// Whether another row with so many bytes beside its vector fits.
    func hasRoom(for recordBytes: Int) -> Bool {
        (count + 1) * vectorBytes <= reserved && records.count + recordBytes <= 64 << 20
    }

    /// Memory that the block holds on its own, outside of files.
    var memory: Int { file == nil ? count * vectorBytes + records.capacity + offsets.capacity * 8 : 0 }

    func append(id: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, vector: UnsafeRawBufferPointer) {
        if let source = vector.baseAddress {
            (vectors + count * vectorBytes).copyMemory(from: source, byteCount: vectorBytes)
        }
        let start = records.count
        records.append(littleEndian: UInt32(0))
        records.append(littleEndian: UInt16(id.count))
        records.append(littleEndian: UInt32(payload.count))
        records.append(contentsOf: id)
        records.append(contentsOf: payload)
        let checksum = records.withUnsafeBytes { Checksum.of(UnsafeRawBufferPointer(rebasing: $0[(start + 4)...])) }
        records.withUnsafeMutableBytes { $0.storeBytes(of: checksum, toByteOffset: start, as: UInt32.self) }
        offsets.append(UInt64(records.count))
        count += 1
    }

    /// Where the vector of a slot lies.
    func vector(_ slot: UInt32) -> UnsafeRawPointer { UnsafeRawPointer(vectors + Int(slot - base) * vectorBytes) }

    /// The place of a slot's record, empty where the file says what cannot be.
    private func withRecord<Value>(_ slot: UInt32, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let row = Int(slot - base)
        guard file != nil else {
            return records.withUnsafeBytes {
                body(UnsafeRawBufferPointer(rebasing: $0[Int(offsets[row])..<Int(offsets[row + 1])]))
            }
        }
        let start = mappedOffsets.loadUnaligned(fromByteOffset: row * 8, as: UInt64.self)
        let end = mappedOffsets.loadUnaligned(fromByteOffset: row * 8 + 8, as: UInt64.self)
        guard start <= end, end <= UInt64(mappedRecords.count) else {
            return body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return body(UnsafeRawBufferPointer(rebasing: mappedRecords[Int(start)..<Int(end)]))
    }

    /// The id and the payload of a slot, as bytes; both are empty where the record is damaged.
    func withRow<Value>(
        _ slot: UInt32,
        _ body: (_ id: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer) -> Value
    ) -> Value {
        withRecord(slot) { record in
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            guard record.count >= Self.recordHeader else { return body(nothing, nothing) }
            let idBytes = Int(record.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
            let payloadBytes = Int(record.loadUnaligned(fromByteOffset: 6, as: UInt32.self))
            guard Self.recordHeader + idBytes + payloadBytes == record.count else { return body(nothing, nothing) }
            let id = record[Self.recordHeader..<Self.recordHeader + idBytes]
            let payload = record[(Self.recordHeader + idBytes)...]
            return body(UnsafeRawBufferPointer(rebasing: id), UnsafeRawBufferPointer(rebasing: payload))
        }
    }

    /// Whether a slot's record has the bytes that were written.
    func isIntact(_ slot: UInt32) -> Bool {
        withRecord(slot) { record in
            record.count >= Self.recordHeader
                && Checksum.of(UnsafeRawBufferPointer(rebasing: record[4...]))
                    == record.loadUnaligned(as: UInt32.self)
        }
    }

    func id(_ slot: UInt32) -> String {
        withRow(slot) { id, _ in String(decoding: id, as: UTF8.self) }
    }

    func payload(_ slot: UInt32) -> [UInt8] {
        withRow(slot) { _, payload in Array(payload) }
    }

    /// The numbers of a slot's vector.
    func numbers(_ slot: UInt32, _ settings: VectorSettings) -> [Float] {
        let place = vector(slot)
        return [Float](unsafeUninitializedCapacity: settings.dimension) { buffer, count in
            count = settings.dimension
            switch settings.precision {
            case .float32:
                UnsafeMutableRawPointer(buffer.baseAddress)?.copyMemory(from: place, byteCount: vectorBytes)
            case .float16:
                let halves = place.assumingMemoryBound(to: UInt16.self)
                heddle_kernels_best().pointee.f32_from_f16(halves, buffer.baseAddress, settings.dimension)
            }
        }
    }

    /// Writes rows, which may lie in several blocks, to a new file in the order given.
    static func write(
        _ rows: some Sequence<(RowBlock, UInt32)>,
        to path: String,
        _ access: FileAccess
    ) throws(HeddleError) -> (bytes: Int, count: Int) {
        let file = try CheckedFileWriter(path, access)
        var count = 0
        try file.beginSection()
        for (block, slot) in rows {
            try file.write(UnsafeRawBufferPointer(start: block.vector(slot), count: block.vectorBytes))
            count += 1
        }
        try file.beginSection()
        var offset: UInt64 = 0
        var offsets: [UInt64] = [0]
        offsets.reserveCapacity(count + 1)
        for (block, slot) in rows {
            offset += UInt64(block.withRecord(slot) { $0.count })
            offsets.append(offset)
        }
        try file.write(values: offsets)
        try file.beginSection()
        for (block, slot) in rows {
            let result: Result<Void, HeddleError> = block.withRecord(slot) { record in
                do throws(HeddleError) { return .success(try file.write(record)) } catch { return .failure(error) }
            }
            try result.get()
        }
        return (try file.finish(), count)
    }
}
