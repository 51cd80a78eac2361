import CHeddleKernels
import HeddleModel

/// One change to a point, as the log has it.
enum PointChange: Sendable {
    /// The vector is in the precision of the disk.
    case upsert(id: [UInt8], payload: [UInt8], vector: [UInt8])
    case delete(id: [UInt8])

    var id: [UInt8] {
        switch self {
        case .upsert(let id, _, _): id
        case .delete(let id): id
        }
    }

    init(_ point: VectorPoint, _ settings: VectorSettings) {
        let count = settings.dimension
        let vector = [UInt8](unsafeUninitializedCapacity: settings.vectorBytes) { buffer, size in
            size = settings.vectorBytes
            point.vector.withUnsafeBufferPointer { numbers in
                let raw = UnsafeMutableRawPointer(buffer.baseAddress)
                switch settings.precision {
                case .float32:
                    if let start = numbers.baseAddress { raw?.copyMemory(from: start, byteCount: count * 4) }
                case .float16:
                    heddle_kernels_best().pointee
                        .f16_from_f32(
                            numbers.baseAddress,
                            raw?.assumingMemoryBound(to: UInt16.self),
                            count
                        )
                }
            }
        }
        self = .upsert(id: Array(point.id.utf8), payload: point.payload, vector: vector)
    }
}

/// What one request changes: the log has all of it or nothing.
struct LogRecord: Sendable {
    static let magic: UInt32 = 0x5248_564C
    /// Magic, length of the body, sequence number, checksum, and four bytes of nothing.
    static let headerBytes = 24

    let changes: [PointChange]

    /// The record as the log has it.
    func encoded(sequence: UInt64) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(changes.reduce(16) { $0 + $1.size })
        body.append(littleEndian: UInt32(changes.count))
        for change in changes {
            switch change {
            case .upsert(let id, let payload, let vector):
                body.append(1)
                body.append(littleEndian: UInt16(id.count))
                body.append(littleEndian: UInt32(payload.count))
                body.append(contentsOf: id)
                body.append(contentsOf: payload)
                body.append(contentsOf: vector)
            case .delete(let id):
                body.append(2)
                body.append(littleEndian: UInt16(id.count))
                body.append(contentsOf: id)
            }
        }
        var record: [UInt8] = []
        record.reserveCapacity(Self.headerBytes + body.count + 8)
        record.append(littleEndian: Self.magic)
        record.append(littleEndian: UInt32(body.count))
        record.append(littleEndian: sequence)
        record.append(littleEndian: Self.checksum(UInt32(body.count), sequence, body.span.bytes))
        record.append(littleEndian: UInt32(0))
        record.append(contentsOf: body)
        // Records begin at multiples of 8, where they are looked for behind damage.
        record.append(contentsOf: repeatElement(0, count: (8 - record.count % 8) % 8))
        return record
    }

    static func checksum(_ length: UInt32, _ sequence: UInt64, _ body: RawSpan) -> UInt32 {
        var head: [UInt8] = []
        head.append(littleEndian: length)
        head.append(littleEndian: sequence)
        return body.withUnsafeBytes { Checksum.of($0, after: Checksum.of(head)) }
    }

    /// Reads a body; nothing when it does not say what a record says.
    init?(body: UnsafeRawBufferPointer, vectorBytes: Int) {
        var reader = ByteReader(body)
        guard let count = reader.number(UInt32.self), Int(count) <= body.count else { return nil }
        var changes: [PointChange] = []
        changes.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let kind = reader.number(UInt8.self), let idBytes = reader.number(UInt16.self) else { return nil }
            switch kind {
            case 1:
                guard let payloadBytes = reader.number(UInt32.self), let id = reader.bytes(Int(idBytes)),
                    let payload = reader.bytes(Int(payloadBytes)), let vector = reader.bytes(vectorBytes)
                else { return nil }
                changes.append(.upsert(id: id, payload: payload, vector: vector))
            case 2:
                guard let id = reader.bytes(Int(idBytes)) else { return nil }
                changes.append(.delete(id: id))
            default:
                return nil
            }
        }
        self.changes = changes
    }

    init(_ changes: [PointChange]) {
        self.changes = changes
    }
}

extension PointChange {
    /// About how many bytes the log needs for it.
    var size: Int {
        switch self {
        case .upsert(let id, let payload, let vector): 7 + id.count + payload.count + vector.count
        case .delete(let id): 3 + id.count
        }
    }
}

/// Reads numbers and bytes from front to back, and never behind the end.
struct ByteReader {
    private let buffer: UnsafeRawBufferPointer
    private var offset = 0

    init(_ buffer: UnsafeRawBufferPointer) {
        self.buffer = buffer
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard buffer.count - offset >= size else { return nil }
        defer { offset += size }
        return Number(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: type))
    }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, buffer.count - offset >= count else { return nil }
        defer { offset += count }
        return [UInt8](unsafeUninitializedCapacity: count) { place, filled in
            UnsafeMutableRawBufferPointer(place).copyMemory(from: .init(rebasing: buffer[offset..<offset + count]))
            filled = count
        }
    }
}
