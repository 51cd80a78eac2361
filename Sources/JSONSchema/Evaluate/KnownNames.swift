/// The names that an object may have, to help somebody who wrote another.
package struct KnownNames {
    private static let mostListed = 12
    static let mostCompared: Int32 = 200
    private static let longestList = 400

    private let names: [String]

    init(_ names: [String]) {
        self.names = names.sorted()
    }

    /// What to add to "is not known here": the name that was probably meant, or all there are when they are few.
    func hint(for name: String) -> String {
        if let nearest = nearest(name) { return "; did you mean '\(nearest)'?" }
        guard !names.isEmpty, names.count <= Self.mostListed else { return "" }
        let list = names.joined(separator: ", ")
        return list.utf8.count <= Self.longestList ? "; known are \(list)" : ""
    }

    /// The one of some names that was probably meant.
    package static func nearest(to name: String, among names: [String]) -> String? {
        KnownNames(names).nearest(name)
    }

    private func nearest(_ name: String) -> String? {
        let word = Array(name.utf8)
        guard (2...64).contains(word.count) else { return nil }
        let allowed = word.count < 5 ? 1 : 2
        return names.map { ($0, Self.distance(word, Array($0.utf8), atMost: allowed)) }
            .filter { $0.1 <= allowed }
            .min { $0.1 < $1.1 }?
            .0
    }

    /// How many letters have to be changed, added, left out or swapped with the next one (optimal string alignment); more
    /// than `limit` when it is more.
    private static func distance(_ one: [UInt8], _ other: [UInt8], atMost limit: Int) -> Int {
        guard abs(one.count - other.count) <= limit else { return limit + 1 }
        var rows = [Array(0...other.count)]
        for row in 1...one.count {
            var current = [row] + Array(repeating: 0, count: other.count)
            for column in 1..<(other.count + 1) {
                let isSame = lower(one[row - 1]) == lower(other[column - 1])
                current[column] = min(
                    rows[row - 1][column] + 1,
                    current[column - 1] + 1,
                    rows[row - 1][column - 1] + (isSame ? 0 : 1)
                )
                if row > 1, column > 1, one[row - 1] == other[column - 2], one[row - 2] == other[column - 1] {
                    current[column] = min(current[column], rows[row - 2][column - 2] + 1)
                }
            }
            rows.append(current)
        }
        return rows[one.count][other.count]
    }

    private static func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
}
