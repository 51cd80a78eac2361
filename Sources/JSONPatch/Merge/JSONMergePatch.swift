package import JSON

/// Changes to a document in the shape of the document: members to put in, and null for those to remove (RFC 7396).
package struct JSONMergePatch: Sendable {
    package let value: JSONView

    /// Any value is a merge patch; one that is no object replaces the document.
    package init(_ value: JSONView) {
        self.value = value
    }

    /// The document with the changes.
    ///
    /// It has no more bytes than both together and no more levels than the deeper one. What the patch does not name stays
    /// as it is written, white space included.
    package func apply(to target: JSONView) -> [UInt8] {
        var merging = Merging(target: TapeSource(target.document), patch: TapeSource(value.document))
        merging.merge(target.index, value.index)
        return merging.output
    }
}

/// Writes a document with a merge patch applied.
///
/// The depth of the recursion is that of the patch, which was scanned.
private struct Merging {
    let target: TapeSource
    let patch: TapeSource
    var output: [UInt8] = []

    mutating func merge(_ value: Int?, _ changes: Int) {
        guard patch.kind(changes) == .object else { return output.append(contentsOf: patch.bytes(changes)) }
        var (known, fresh): ([(name: Int, value: Int)], [Int]) = ([], [])
        let object = value.flatMap { target.kind($0) == .object ? $0 : nil }
        var (name, guess) = (changes + 1, (object ?? 0) + 1)
        while name < patch.end(changes) {
            let found = object.flatMap { target.counterpart(of: name, in: patch, within: $0, guess: guess) }
            if let found {
                known.append((found, name + 1))
                guess = target.end(found + 1)
            } else if patch.kind(name + 1) != .null {
                fresh.append(name)
            }
            name = patch.end(name + 1)
        }
        output.append(UInt8(ascii: "{"))
        var needsComma = false
        if let object { needsComma = write(object, known.sorted { $0.name < $1.name }) }
        for name in fresh {
            if needsComma { output.append(UInt8(ascii: ",")) }
            needsComma = true
            output.append(contentsOf: patch.bytes(name))
            output.append(UInt8(ascii: ":"))
            merge(nil, name + 1)
        }
        output.append(UInt8(ascii: "}"))
    }

    /// Writes the members of an object with some of them changed; says whether there were any left.
    private mutating func write(_ object: Int, _ changes: [(name: Int, value: Int)]) -> Bool {
        var hasMembers = false
        func separate(_ output: inout [UInt8]) {
            if hasMembers { output.append(UInt8(ascii: ",")) }
            hasMembers = true
        }
        // Members in a row that stay are one slice.
        var run: Range<Int>?
        var (name, next) = (object + 1, 0)
        while name <= target.end(object) {
            let change = next < changes.count && changes[next].name == name ? changes[next].value : nil
            if change != nil || name == target.end(object), let slice = run {
                separate(&output)
                output.append(contentsOf: target.document.bytes[slice])
                run = nil
            }
            guard name < target.end(object) else { break }
            let (start, end) = (target.range(name).lowerBound, target.range(name + 1).upperBound)
            if let change {
                next += 1
                if patch.kind(change) != .null {
                    separate(&output)
                    output.append(contentsOf: target.bytes(name))
                    output.append(UInt8(ascii: ":"))
                    merge(name + 1, change)
                }
            } else {
                run = (run?.lowerBound ?? start)..<end
            }
            name = target.end(name + 1)
        }
        return hasMembers
    }
}
