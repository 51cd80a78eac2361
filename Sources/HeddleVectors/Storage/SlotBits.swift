import Glibc

/// A bit for each slot.
///
/// It is a value: a copy is made when one of two holders changes it.
struct SlotBits: Sendable, Equatable {
    private(set) var words: [UInt64]

    init() { words = [] }

    init(words: [UInt64]) { self.words = words }

    /// All of the first `count` slots.
    init(all count: Int) {
        words = [UInt64](repeating: .max, count: count / 64)
        if count % 64 > 0 { words.append(1 << UInt64(count % 64) &- 1) }
    }

    subscript(_ slot: UInt32) -> Bool {
        let index = Int(slot / 64)
        return index < words.count && words[index] >> UInt64(slot % 64) & 1 == 1
    }

    mutating func insert(_ slot: UInt32) {
        let index = Int(slot / 64)
        if index >= words.count { words.append(contentsOf: repeatElement(0, count: index + 1 - words.count)) }
        words[index] |= 1 << UInt64(slot % 64)
    }

    mutating func remove(_ slot: UInt32) {
        let index = Int(slot / 64)
        if index < words.count { words[index] &= ~(1 << UInt64(slot % 64)) }
    }

    /// Makes room for slots below `count`.
    mutating func extend(to count: Int) {
        let needed = (count + 63) / 64
        if words.count < needed { words.append(contentsOf: repeatElement(0, count: needed - words.count)) }
    }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    mutating func formUnion(_ other: SlotBits) {
        extend(to: other.words.count * 64)
        for index in other.words.indices { words[index] |= other.words[index] }
    }

    mutating func formIntersection(_ other: SlotBits) {
        if words.count > other.words.count { words.removeLast(words.count - other.words.count) }
        for index in words.indices { words[index] &= other.words[index] }
    }

    mutating func subtract(_ other: SlotBits) {
        for index in 0..<min(words.count, other.words.count) { words[index] &= ~other.words[index] }
    }

    /// Calls the body with each slot, in order.
    func visit(_ body: (UInt32) -> Void) {
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                body(UInt32(index * 64 + word.trailingZeroBitCount))
                word &= word - 1
            }
        }
    }
}
