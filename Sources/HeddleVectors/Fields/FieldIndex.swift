import HeddleModel
import JSON

/// The slots of each value of one field.
///
/// Slots are added in order, so that each list is sorted; those of dead slots stay until the next compaction.
struct FieldIndex: Sendable {
    let kind: FieldKind
    private(set) var postings: [FieldValue: [UInt32]] = [:]

    init(kind: FieldKind) {
        self.kind = kind
    }

    /// Adds a slot under the values that its payload has at the field's path.
    mutating func add(_ slot: UInt32, _ value: JSONValue?) {
        guard let value else { return }
        if case .array(let elements) = value {
            for key in Set(elements.compactMap(key)) { postings[key, default: []].append(slot) }
        } else if let key = key(value) {
            postings[key, default: []].append(slot)
        }
    }

    private func key(_ value: JSONValue) -> FieldValue? {
        switch kind {
        case .keyword, .prefix: value.string.map(FieldValue.text)
        case .integer: value.integer.map(FieldValue.integer)
        case .bool: value.bool.map(FieldValue.bool)
        }
    }

    /// The slots with a value that the body accepts.
    func slots(where accepts: (FieldValue) -> Bool) -> SlotBits {
        var bits = SlotBits()
        for (key, slots) in postings where accepts(key) {
            for slot in slots { bits.insert(slot) }
        }
        return bits
    }

    /// The slots with one value.
    func slots(of value: FieldValue) -> SlotBits {
        var bits = SlotBits()
        for slot in postings[value] ?? [] { bits.insert(slot) }
        return bits
    }

    var memory: Int { postings.reduce(0) { $0 + 64 + $1.value.capacity * 4 } }
}

extension FieldIndex {
    /// The index as a section of a file.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt32(postings.count))
        for (key, slots) in postings {
            switch key {
            case .text(let text):
                bytes.append(0)
                bytes.append(littleEndian: UInt32(text.utf8.count))
                bytes.append(contentsOf: text.utf8)
            case .integer(let number):
                bytes.append(1)
                bytes.append(littleEndian: Int64(number))
            case .bool(let flag):
                bytes.append(flag ? 3 : 2)
            }
            bytes.append(littleEndian: UInt32(slots.count))
            slots.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Reads what ``encoded`` made; nothing when it is something else.
    init?(kind: FieldKind, encoded: UnsafeRawBufferPointer) {
        self.kind = kind
        var reader = ByteReader(encoded)
        guard let count = reader.number(UInt32.self), Int(count) <= encoded.count else { return nil }
        postings.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let tag = reader.number(UInt8.self) else { return nil }
            let key: FieldValue
            switch tag {
            case 0:
                guard let length = reader.number(UInt32.self), let text = reader.bytes(Int(length)) else { return nil }
                key = .text(String(decoding: text, as: UTF8.self))
            case 1:
                guard let number = reader.number(Int64.self) else { return nil }
                key = .integer(Int(number))
            default:
                key = .bool(tag == 3)
            }
            guard let slotCount = reader.number(UInt32.self), let bytes = reader.bytes(Int(slotCount) * 4) else {
                return nil
            }
            postings[key] = bytes.withUnsafeBytes { raw in
                (0..<Int(slotCount)).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
            }
        }
    }
}
