/// The check that no object names a member twice.
///
/// Few members are compared pair by pair; many are sorted, so that no text costs more than n log n.
enum JSONDuplicates {
    private static let pairwiseLimit = 12

    static func check(
        _ tape: [JSONTapeEntry],
        from first: Int,
        members: Int,
        _ text: Span<UInt8>
    ) throws(JSONError) {
        guard members > 1 else { return }
        if members <= pairwiseLimit {
            try checkPairs(tape, from: first, text)
        } else {
            try checkSorted(tape, from: first, members: members, text)
        }
    }

    private static func checkPairs(_ tape: [JSONTapeEntry], from first: Int, _ text: Span<UInt8>) throws(JSONError) {
        var name = first
        while name < tape.count {
            var earlier = first
            while earlier < name {
                if isEqual(tape[earlier], tape[name], text) {
                    throw JSONError(.duplicateMember, at: Int(tape[name].offset))
                }
                earlier = Int(tape[earlier + 1].next)
            }
            name = Int(tape[name + 1].next)
        }
    }

    private static func checkSorted(
        _ tape: [JSONTapeEntry],
        from first: Int,
        members: Int,
        _ text: Span<UInt8>
    ) throws(JSONError) {
        var names: [Int] = []
        names.reserveCapacity(members)
        var name = first
        while name < tape.count {
            names.append(name)
            name = Int(tape[name + 1].next)
        }
        let decoded = names.map { index in (key: key(tape[index], text), offset: Int(tape[index].offset)) }
        let sorted = decoded.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for index in 1..<sorted.count where sorted[index - 1].key == sorted[index].key {
            throw JSONError(.duplicateMember, at: max(sorted[index - 1].offset, sorted[index].offset))
        }
    }

    private static func isEqual(_ left: JSONTapeEntry, _ right: JSONTapeEntry, _ text: Span<UInt8>) -> Bool {
        if left.isEscaped || right.isEscaped { return key(left, text) == key(right, text) }
        guard left.length == right.length else { return false }
        let (leftStart, rightStart) = (Int(left.offset), Int(right.offset))
        for offset in 1..<Int(left.length) where text[leftStart + offset] != text[rightStart + offset] {
            return false
        }
        return true
    }

    private static func key(_ entry: JSONTapeEntry, _ text: Span<UInt8>) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(Int(entry.length))
        for index in (entry.range.lowerBound + 1)..<(entry.range.upperBound - 1) { content.append(text[index]) }
        return entry.isEscaped ? JSONText.unescaped(content[...]) : content
    }
}
