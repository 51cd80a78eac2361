import HeddleModel
import JSON

/// The indexes of all fields of a collection.
struct FieldIndexes: Sendable {
    private(set) var byPath: [String: FieldIndex]

    init(_ settings: VectorSettings) {
        byPath = settings.fields.mapValues { FieldIndex(kind: $0) }
    }

    init(byPath: [String: FieldIndex]) {
        self.byPath = byPath
    }

    /// Adds a slot with its payload.
    mutating func add(_ slot: UInt32, payload: UnsafeRawBufferPointer) {
        guard !byPath.isEmpty, !payload.isEmpty, let value = try? JSONValue(parsing: Array(payload)) else { return }
        for path in byPath.keys { byPath[path]?.add(slot, Self.value(at: path, of: value)) }
    }

    /// The member that has the path as its name, or else the one that the path leads to by its dots.
    private static func value(at path: String, of payload: JSONValue) -> JSONValue? {
        if let direct = payload[path] { return direct }
        return path.split(separator: ".").reduce(payload) { value, name in value?[String(name)] }
    }

    /// The slots that a filter accepts, of those that there are.
    ///
    /// - Parameters:
    ///   - filter: What is asked for.
    ///   - alive: The slots that there are.
    ///   - slotOfID: Where an id is.
    /// - Returns: Some of those that are alive.
    /// - Throws: ``HeddleError`` with `.invalidRequest` for a field that is not indexed, or not so.
    func slots(
        _ filter: VectorFilter,
        alive: SlotBits,
        slotOfID: (String) -> UInt32?
    ) throws(HeddleError) -> SlotBits {
        switch filter {
        case .all(let filters):
            var bits = alive
            for filter in filters { bits.formIntersection(try slots(filter, alive: alive, slotOfID: slotOfID)) }
            return bits
        case .any(let filters):
            var bits = SlotBits()
            for filter in filters { bits.formUnion(try slots(filter, alive: alive, slotOfID: slotOfID)) }
            return bits
        case .not(let inner):
            var bits = alive
            bits.subtract(try slots(inner, alive: alive, slotOfID: slotOfID))
            return bits
        case .hasID(let ids):
            var bits = SlotBits()
            for id in ids {
                if let slot = slotOfID(id) { bits.insert(slot) }
            }
            bits.formIntersection(alive)
            return bits
        case .equals, .oneOf, .range, .prefix, .exists:
            var bits = try slots(of: filter)
            bits.formIntersection(alive)
            return bits
        }
    }

    private func slots(of condition: VectorFilter) throws(HeddleError) -> SlotBits {
        switch condition {
        case .equals(let path, let value):
            return try index(path).slots(of: value)
        case .oneOf(let path, let values):
            let index = try index(path)
            return values.reduce(into: SlotBits()) { $0.formUnion(index.slots(of: $1)) }
        case .range(let path, let least, let greatest):
            let index = try index(path, .integer)
            return index.slots { value in
                guard case .integer(let number) = value else { return false }
                return number >= least ?? .min && number <= greatest ?? .max
            }
        case .prefix(let path, let text):
            let index = try index(path, .prefix, .keyword)
            return index.slots { value in
                guard case .text(let own) = value else { return false }
                return own.utf8.starts(with: text.utf8)
            }
        case .exists(let path):
            return try index(path).slots { _ in true }
        case .all, .any, .not, .hasID:
            return SlotBits()
        }
    }

    private func index(_ path: String, _ kinds: FieldKind...) throws(HeddleError) -> FieldIndex {
        guard let index = byPath[path] else {
            throw HeddleError(
                .invalidRequest,
                "a filter names a field that is not indexed",
                details: ["field": path, "indexed": byPath.keys.sorted().joined(separator: ", ")]
            )
        }
        guard kinds.isEmpty || kinds.contains(index.kind) else {
            throw HeddleError(
                .invalidRequest,
                "a field of the kind \(index.kind.rawValue) cannot be asked for so",
                details: ["field": path]
            )
        }
        return index
    }

    var memory: Int { byPath.values.reduce(0) { $0 + $1.memory } }
}
