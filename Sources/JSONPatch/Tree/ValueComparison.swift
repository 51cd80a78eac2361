import JSON

/// Equality as RFC 6902 §4.6 means it: numbers by value without rounding, strings by their characters, objects whatever
/// the order of their members.
///
/// Recursions are as deep as a value is nested, which is bounded.
struct ValueComparison {
    /// Bytes that may be compared yet.
    private var budget: Int
    private let limit: Int

    init(budget: Int) {
        self.budget = budget
        limit = budget
    }

    /// Whether two values are the same.
    ///
    /// - Throws: ``Refusal`` of kind `tooLarge` when all comparisons together take more than they may.
    mutating func areEqual(_ left: Node, _ right: Leaf) throws(Refusal) -> Bool {
        guard left.kind == right.kind else { return false }
        switch left {
        case .leaf(let left): return try areEqual(left, right)
        case .object(let left): return try areEqual(left, right)
        case .array(let left): return try areEqual(left, right)
        }
    }

    private mutating func areEqual(_ left: ObjectBranch, _ right: Leaf) throws(Refusal) -> Bool {
        guard left.count == right.source.count(right.index) else { return false }
        var cursor = right.index + 1
        while cursor < right.source.end(right.index) {
            guard let place = left.place(right.source.view(cursor).string ?? "") else { return false }
            guard try areEqual(left[place], Leaf(source: right.source, index: cursor + 1)) else { return false }
            cursor = right.source.end(cursor + 1)
        }
        return true
    }

    private mutating func areEqual(_ left: ArrayBranch, _ right: Leaf) throws(Refusal) -> Bool {
        guard left.count == right.source.count(right.index) else { return false }
        var elements: [Node] = []
        elements.reserveCapacity(left.count)
        left.visit { elements.append($0) }
        var cursor = right.index + 1
        for element in elements {
            guard try areEqual(element, Leaf(source: right.source, index: cursor)) else { return false }
            cursor = right.source.end(cursor)
        }
        return true
    }

    /// Whether two values of documents are the same.
    ///
    /// - Throws: ``Refusal`` of kind `tooLarge` when all comparisons together take more than they may.
    mutating func areEqual(_ left: Leaf, _ right: Leaf) throws(Refusal) -> Bool {
        let (leftEntry, rightEntry) = (left.source.document.tape[left.index], right.source.document.tape[right.index])
        guard leftEntry.kind == rightEntry.kind, leftEntry.count == rightEntry.count else { return false }
        if left.source.hasSameBytes(left.index, as: right.source, right.index) {
            try spend(Int(leftEntry.length))
            return true
        }
        switch leftEntry.kind {
        case .null, .bool: return false
        case .number:
            try spend(Int(leftEntry.length) + Int(rightEntry.length))
            return Self.areEqualNumbers(left.source.view(left.index), right.source.view(right.index))
        case .string:
            guard leftEntry.isEscaped || rightEntry.isEscaped else { return false }
            try spend(Int(leftEntry.length) + Int(rightEntry.length))
            return right.source.view(right.index).equals(left.source.view(left.index).string ?? "")
        case .array: return try areEqualArrays(left, right)
        case .object: return try areEqualObjects(left, right)
        }
    }

    private mutating func areEqualArrays(_ left: Leaf, _ right: Leaf) throws(Refusal) -> Bool {
        var (cursor, other) = (left.index + 1, right.index + 1)
        while cursor < left.source.end(left.index) {
            let isEqual = try areEqual(
                Leaf(source: left.source, index: cursor),
                Leaf(source: right.source, index: other)
            )
            guard isEqual else { return false }
            (cursor, other) = (left.source.end(cursor), right.source.end(other))
        }
        return true
    }

    private mutating func areEqualObjects(_ left: Leaf, _ right: Leaf) throws(Refusal) -> Bool {
        var (cursor, other) = (left.index + 1, right.index + 1)
        while cursor < left.source.end(left.index) {
            let match = right.source.counterpart(of: cursor, in: left.source, within: right.index, guess: other)
            guard let match else { return false }
            let isEqual = try areEqual(
                Leaf(source: left.source, index: cursor + 1),
                Leaf(source: right.source, index: match + 1)
            )
            guard isEqual else { return false }
            (cursor, other) = (left.source.end(cursor + 1), right.source.end(match + 1))
        }
        return true
    }

    /// Whether two values of documents are the same, however much there is to compare.
    static func areEqual(_ left: Leaf, _ right: Leaf) -> Bool {
        // No two documents have as many bytes as this budget.
        var comparison = ValueComparison(budget: .max)
        do throws(Refusal) {
            return try comparison.areEqual(left, right)
        } catch {
            return false
        }
    }

    private mutating func spend(_ bytes: Int) throws(Refusal) {
        budget -= bytes
        guard budget < 0 else { return }
        throw Refusal(.tooLarge, "the tests of a patch compare at most \(limit) bytes")
    }

    /// Whether two numbers are the same, digit by digit.
    static func areEqualNumbers(_ left: JSONView, _ right: JSONView) -> Bool {
        let (leftText, rightText) = (left.bytes, right.bytes)
        let (leftSpan, rightSpan) = (leftText.span, rightText.span)
        let (leftNumber, rightNumber) = (JSONDecimal(leftSpan), JSONDecimal(rightSpan))
        if leftNumber.isZero || rightNumber.isZero { return leftNumber.isZero && rightNumber.isZero }
        guard leftNumber.isNegative == rightNumber.isNegative, leftNumber.digitCount == rightNumber.digitCount else {
            return false
        }
        guard !leftNumber.hasLongExponent, !rightNumber.hasLongExponent else {
            var (canonical, other): ([UInt8], [UInt8]) = ([], [])
            left.appendCanonical(to: &canonical)
            right.appendCanonical(to: &other)
            return canonical == other
        }
        guard leftNumber.exponent == rightNumber.exponent else { return false }
        var (cursor, other) = (leftNumber.digits.lowerBound, rightNumber.digits.lowerBound)
        for _ in 0..<leftNumber.digitCount {
            if cursor == leftNumber.point { cursor += 1 }
            if other == rightNumber.point { other += 1 }
            if leftSpan[cursor] != rightSpan[other] { return false }
            (cursor, other) = (cursor + 1, other + 1)
        }
        return true
    }
}
