import JSON

/// Which elements of two lists belong together: a longest common subsequence by the greedy algorithm of Myers (1986).
enum Alignment {
    /// Pairs of equal elements in order; nil when more than the given number of elements would have to come and go.
    ///
    /// Takes time and memory for the lists, and for the square of the elements that come and go.
    static func matches(_ left: [Int], _ right: [Int], maximumEdits: Int) -> [(left: Int, right: Int)]? {
        let bound = min(left.count + right.count, maximumEdits)
        // The furthest that each diagonal was followed, and what that was before each round.
        var furthest = [Int](repeating: 0, count: 2 * bound + 3)
        let middle = bound + 1
        var rounds: [[Int]] = []
        for edits in 0...bound {
            rounds.append(Array(furthest[(middle - edits - 1)...(middle + edits + 1)]))
            for diagonal in stride(from: -edits, through: edits, by: 2) {
                let (below, above) = (furthest[middle + diagonal - 1], furthest[middle + diagonal + 1])
                let isDown = diagonal == -edits || diagonal != edits && below < above
                var place = isDown ? above : below + 1
                while place < left.count, place - diagonal < right.count, left[place] == right[place - diagonal] {
                    place += 1
                }
                furthest[middle + diagonal] = place
                if place == left.count, place - diagonal == right.count {
                    return path(back: rounds, from: (left.count, right.count))
                }
            }
        }
        return nil
    }

    private static func path(back rounds: [[Int]], from end: (left: Int, right: Int)) -> [(left: Int, right: Int)] {
        var (left, right) = end
        var matches: [(left: Int, right: Int)] = []
        for (edits, furthest) in rounds.enumerated().reversed() {
            let (diagonal, middle) = (left - right, edits + 1)
            let (below, above) = (furthest[middle + diagonal - 1], furthest[middle + diagonal + 1])
            let isDown = diagonal == -edits || diagonal != edits && below < above
            let previous = isDown ? above : below
            let (startLeft, startRight) =
                edits == 0 ? (0, 0) : (previous, previous - (isDown ? diagonal + 1 : diagonal - 1))
            while left > startLeft, right > startRight {
                (left, right) = (left - 1, right - 1)
                matches.append((left, right))
            }
            (left, right) = (startLeft, startRight)
        }
        return matches.reversed()
    }
}

/// Gives equal values equal numbers, so that lists of them can be compared fast.
struct ValueNumbers {
    private var known: [[UInt8]: Int] = [:]

    /// The number of a value: the same for all that are equal.
    mutating func number(_ leaf: Leaf) -> Int {
        var form: [UInt8] = []
        leaf.source.view(leaf.index).appendCanonical(to: &form)
        if let number = known[form] { return number }
        let number = known.count
        known[form] = number
        return number
    }
}
