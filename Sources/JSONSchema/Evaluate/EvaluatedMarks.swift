/// Which members or elements of one value a schema has spoken of, by their numbers.
final class EvaluatedMarks {
    private var words: [UInt64] = []
    private var isAll = false

    func contains(_ number: Int) -> Bool {
        if isAll { return true }
        let word = number >> 6
        return word < words.count && words[word] & (1 << UInt64(number & 63)) != 0
    }

    func insert(_ number: Int) {
        let word = number >> 6
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(number & 63)
    }

    func insertAll() { isAll = true }

    func formUnion(_ other: EvaluatedMarks) {
        isAll = isAll || other.isAll
        while words.count < other.words.count { words.append(0) }
        for index in other.words.indices { words[index] |= other.words[index] }
    }
}
