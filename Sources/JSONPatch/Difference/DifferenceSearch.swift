import JSON

/// Writes down what differs between two documents.
///
/// Recursions are as deep as both are nested, which is bounded.
struct DifferenceSearch {
    private(set) var operations: [JSONPatch.Operation] = []
    private let old: TapeSource
    private let new: TapeSource
    private let limits: JSONDifference.Limits
    private var path = JSONPointer()
    /// About the bytes of the operations, and of the path.
    private var length = 0
    private var pathLength = 0

    /// The bytes of an operation without its path and value.
    private static let operationLength = 35

    init(_ old: TapeSource, _ new: TapeSource, _ limits: JSONDifference.Limits) {
        (self.old, self.new, self.limits) = (old, new, limits)
    }

    mutating func compare(_ left: Int, _ right: Int) {
        if old.hasSameBytes(left, as: new, right) { return }
        let (before, lengthBefore) = (operations.count, length)
        switch (old.kind(left), new.kind(right)) {
        case (.object, .object): compareMembers(left, right)
        case (.array, .array): compareElements(left, right)
        default:
            if !areEqual(left, right) { replace(right) }
            return
        }
        let isLonger = length - lengthBefore > Self.operationLength + pathLength + new.length(right)
        guard isLonger || operations.count > limits.operations else { return }
        operations.removeLast(operations.count - before)
        length = lengthBefore
        replace(right)
    }

    private func areEqual(_ left: Int, _ right: Int) -> Bool {
        ValueComparison.areEqual(Leaf(source: old, index: left), Leaf(source: new, index: right))
    }

    // MARK: Writing

    private mutating func enter<Result>(_ token: String, _ body: (inout DifferenceSearch) -> Result) -> Result {
        path.tokens.append(token)
        pathLength += token.utf8.count + 1
        defer {
            path.tokens.removeLast()
            pathLength -= token.utf8.count + 1
        }
        return body(&self)
    }

    private mutating func replace(_ value: Int) {
        operations.append(.replace(path, new.view(value)))
        length += Self.operationLength + pathLength + new.length(value)
    }

    private mutating func add(_ value: Int, _ token: String) {
        enter(token) { search in
            search.operations.append(.add(search.path, search.new.view(value)))
            search.length += Self.operationLength + search.pathLength + search.new.length(value)
        }
    }

    private mutating func remove(_ token: String) {
        enter(token) { search in
            search.operations.append(.remove(search.path))
            search.length += Self.operationLength + search.pathLength
        }
    }

    // MARK: Objects

    private mutating func compareMembers(_ left: Int, _ right: Int) {
        var (name, guess) = (left + 1, right + 1)
        while name < old.end(left) {
            let token = old.view(name).string ?? ""
            if let match = new.counterpart(of: name, in: old, within: right, guess: guess) {
                guess = new.end(match + 1)
                enter(token) { $0.compare(name + 1, match + 1) }
            } else {
                remove(token)
            }
            name = old.end(name + 1)
        }
        (name, guess) = (right + 1, left + 1)
        while name < new.end(right) {
            if let match = old.counterpart(of: name, in: new, within: left, guess: guess) {
                guess = old.end(match + 1)
            } else {
                add(name + 1, new.view(name).string ?? "")
            }
            name = new.end(name + 1)
        }
    }

    // MARK: Arrays

    private mutating func compareElements(_ left: Int, _ right: Int) {
        let (olds, news) = (old.elements(of: left), new.elements(of: right))
        let shorter = min(olds.count, news.count)
        var start = 0
        while start < shorter, areEqual(olds[start], news[start]) { start += 1 }
        var end = 0
        while end < shorter - start, areEqual(olds[olds.count - 1 - end], news[news.count - 1 - end]) { end += 1 }
        let (middle, newMiddle) = (olds[start..<(olds.count - end)], news[start..<(news.count - end)])
        var position = start
        var (done, newDone) = (start, start)
        for match in matches(middle, newMiddle) {
            let (next, newNext) = (start + match.left, start + match.right)
            change(olds[done..<next], news[newDone..<newNext], &position)
            (done, newDone) = (next + 1, newNext + 1)
            position += 1
        }
        change(olds[done..<middle.endIndex], news[newDone..<newMiddle.endIndex], &position)
    }

    private func matches(_ olds: ArraySlice<Int>, _ news: ArraySlice<Int>) -> [(left: Int, right: Int)] {
        // Nothing to look for, one that is known to differ from the other, or sure to be too much.
        guard !olds.isEmpty, !news.isEmpty, olds.count + news.count > 2, abs(olds.count - news.count) <= limits.edits
        else { return [] }
        var numbers = ValueNumbers()
        let left = olds.map { numbers.number(Leaf(source: old, index: $0)) }
        let right = news.map { numbers.number(Leaf(source: new, index: $0)) }
        return Alignment.matches(left, right, maximumEdits: limits.edits) ?? []
    }

    /// Turns elements in a row into others, of which none belong together: place by place, and then the rest.
    private mutating func change(_ olds: ArraySlice<Int>, _ news: ArraySlice<Int>, _ position: inout Int) {
        for (left, right) in zip(olds, news) {
            enter(String(position)) { $0.compare(left, right) }
            position += 1
        }
        for _ in news.count..<max(news.count, olds.count) { remove(String(position)) }
        for value in news.dropFirst(olds.count) {
            add(value, String(position))
            position += 1
        }
    }
}
