import JSON

extension Evaluator {
    /// Judges the elements of an array.
    mutating func array(_ node: Node, _ cursor: Int, _ marks: Marks?) -> Bool {
        let entry = tape[cursor]
        var isValid = true
        if entry.count < Int(node.pointee.minItems) || entry.count > Int(node.pointee.maxItems) {
            isValid = false
            guard let report else { return false }
            if entry.count < Int(node.pointee.minItems) {
                report.add("minItems", cursor, "has \(entry.count) elements, fewer than \(node.pointee.minItems)")
            } else {
                report.add("maxItems", cursor, "has \(entry.count) elements, more than \(node.pointee.maxItems)")
            }
        }
        let (prefix, items, contains) = (node.pointee.prefixItems, node.pointee.items, node.pointee.contains)
        var (element, ordinal, matches) = (cursor &+ 1, 0, 0)
        let end = Int(entry.next)
        if !prefix.isEmpty || items >= 0 || contains >= 0 {
            // Going over the elements is work, whatever is asked of them.
            steps &-= entry.count
            while element < end {
                if ordinal < Int(prefix.count) {
                    marks?.insert(ordinal)
                    let inner = lists[Int(prefix.start) &+ ordinal]
                    if !descend(inner, element, "prefixItems", .index(ordinal)) { isValid = false }
                } else if items >= 0 {
                    marks?.insert(ordinal)
                    if !descend(items, element, "items") { isValid = false }
                }
                if contains >= 0, isQuietlyValid(contains, element, "contains") {
                    matches &+= 1
                    marks?.insert(ordinal)
                }
                if !isValid, report == nil || failure != nil { return false }
                element = Int(tape[element].next)
                ordinal &+= 1
            }
        }
        if contains >= 0, !hasEnough(matches, node, cursor) { isValid = false }
        if node.pointee.parts.contains(.unique), isValid || report != nil, !isUnique(cursor) { isValid = false }
        return isValid
    }

    /// Judges without telling what is wrong.
    mutating func isSilentlyValid(_ number: Int32, _ cursor: Int, _ marks: Marks? = nil) -> Bool {
        let kept = report
        report = nil
        defer { report = kept }
        return evaluate(number, cursor, marks)
    }

    /// Judges without telling what is wrong, but with what the schema says of a value that it holds for.
    mutating func isQuietlyValid(
        _ number: Int32,
        _ cursor: Int,
        _ keyword: StaticString,
        _ marks: Marks? = nil
    ) -> Bool {
        guard let report, report.wantsAnnotations else { return isSilentlyValid(number, cursor, marks) }
        let mark = report.mark
        let isValid = descend(number, cursor, keyword, .none, marks)
        if !isValid { _ = report.takeBack(to: mark) }
        return isValid
    }

    private mutating func hasEnough(_ matches: Int, _ node: Node, _ cursor: Int) -> Bool {
        if matches < Int(node.pointee.minContains) {
            let least = node.pointee.minContains
            report?
                .add(
                    least == 1 ? "contains" : "minContains",
                    cursor,
                    "has \(matches) elements that match 'contains', fewer than \(least)"
                )
            return false
        }
        guard matches > Int(node.pointee.maxContains) else { return true }
        let most = node.pointee.maxContains
        report?.add("maxContains", cursor, "has \(matches) elements that match 'contains', more than \(most)")
        return false
    }

    private mutating func isUnique(_ cursor: Int) -> Bool {
        let count = tape[cursor].count
        guard count > 1 else { return true }
        steps &-= Int(tape[cursor].next) &- cursor
        guard let (first, second) = JSONEquality.firstTwins(in: JSONView(document: document, index: cursor)) else {
            return true
        }
        report?.add("uniqueItems", cursor, "has the same element at \(first) and at \(second)")
        return false
    }
}
