import JSON

/// Writes what three versions of a value come to.
///
/// Recursions are as deep as all are nested, which is bounded.
struct ThreeWay {
    let base: TapeSource
    let ours: TapeSource
    let theirs: TapeSource
    private let policy: JSONMerge.Policy
    var output: [UInt8] = []
    var conflicts: [JSONMerge.Conflict] = []
    private var path = JSONPointer()

    init(base: TapeSource, ours: TapeSource, theirs: TapeSource, policy: JSONMerge.Policy) {
        (self.base, self.ours, self.theirs, self.policy) = (base, ours, theirs, policy)
    }

    /// Writes one value; says whether there is one.
    ///
    /// An element of an array stands for what it is called inside; with another name at its place it is another one.
    @discardableResult mutating func merge(_ values: Triple, isElement: Bool = false) -> Bool {
        if Self.areEqual(ours, values.ours, theirs, values.theirs) { return write(ours, values.ours) }
        if Self.areEqual(base, values.base, ours, values.ours) { return write(theirs, values.theirs) }
        if Self.areEqual(base, values.base, theirs, values.theirs) { return write(ours, values.ours) }
        guard let our = values.ours, let their = values.theirs else { return conflict(values) }
        switch (values.base.map(base.kind), ours.kind(our), theirs.kind(their)) {
        case (.object, .object, .object) where isElement && isReplaced(values.base ?? 0, our, their):
            return conflict(values)
        case (nil, .object, .object), (.object, .object, .object):
            mergeMembers(values.base, our, their)
            return true
        case (.array, .array, .array):
            let (length, count) = (output.count, conflicts.count)
            if mergeElements(values.base ?? 0, our, their) { return true }
            // It was not clear after all.
            output.removeLast(output.count - length)
            conflicts.removeLast(conflicts.count - count)
            return conflict(values)
        default: return conflict(values)
        }
    }

    static func areEqual(_ source: TapeSource, _ value: Int?, _ other: TapeSource, _ otherValue: Int?) -> Bool {
        guard let value, let otherValue else { return value == nil && otherValue == nil }
        return ValueComparison.areEqual(
            Leaf(source: source, index: value),
            Leaf(source: other, index: otherValue)
        )
    }

    @discardableResult mutating func write(_ source: TapeSource, _ value: Int?) -> Bool {
        guard let value else { return false }
        output.append(contentsOf: source.bytes(value))
        return true
    }

    private mutating func conflict(_ values: Triple) -> Bool {
        conflicts.append(
            JSONMerge.Conflict(
                path: path,
                base: values.base.map(base.view),
                ours: values.ours.map(ours.view),
                theirs: values.theirs.map(theirs.view)
            )
        )
        return policy == .theirs ? write(theirs, values.theirs) : write(ours, values.ours)
    }

    /// Writes the value that a name or an index leads to from here.
    @discardableResult mutating func merge(_ values: Triple, at token: String, isElement: Bool = false) -> Bool {
        path.tokens.append(token)
        defer { path.tokens.removeLast() }
        return merge(values, isElement: isElement)
    }

    // MARK: Objects

    private mutating func mergeMembers(_ object: Int?, _ our: Int, _ their: Int) {
        output.append(UInt8(ascii: "{"))
        let start = output.count
        var (name, baseGuess, theirGuess) = (our + 1, (object ?? 0) + 1, their + 1)
        while name < ours.end(our) {
            let before = object.flatMap { base.counterpart(of: name, in: ours, within: $0, guess: baseGuess) }
            let match = theirs.counterpart(of: name, in: ours, within: their, guess: theirGuess)
            if let before { baseGuess = base.end(before + 1) }
            if let match { theirGuess = theirs.end(match + 1) }
            let values = Triple(base: before.map { $0 + 1 }, ours: name + 1, theirs: match.map { $0 + 1 })
            mergeMember(ours, name, values, start)
            name = ours.end(name + 1)
        }
        var ourGuess = our + 1
        (name, baseGuess) = (their + 1, (object ?? 0) + 1)
        while name < theirs.end(their) {
            if let match = ours.counterpart(of: name, in: theirs, within: our, guess: ourGuess) {
                ourGuess = ours.end(match + 1)
            } else {
                let before = object.flatMap { base.counterpart(of: name, in: theirs, within: $0, guess: baseGuess) }
                if let before { baseGuess = base.end(before + 1) }
                mergeMember(theirs, name, Triple(base: before.map { $0 + 1 }, theirs: name + 1), start)
            }
            name = theirs.end(name + 1)
        }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func mergeMember(_ source: TapeSource, _ name: Int, _ values: Triple, _ start: Int) {
        let before = output.count
        if before > start { output.append(UInt8(ascii: ",")) }
        output.append(contentsOf: source.bytes(name))
        output.append(UInt8(ascii: ":"))
        if !merge(values, at: source.view(name).string ?? "") { output.removeLast(output.count - before) }
    }
}
