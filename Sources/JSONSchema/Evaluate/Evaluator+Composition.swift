import JSON

extension Evaluator {
    /// Judges the value with the schemas that apply to it beside the node's own keywords.
    mutating func composition(_ node: Node, _ cursor: Int, _ marks: Marks?) -> Bool {
        var isValid = true
        if node.pointee.reference >= 0, !descend(node.pointee.reference, cursor, "$ref", .none, marks) {
            isValid = false
            guard report != nil else { return false }
        }
        if node.pointee.dynamicReference >= 0 {
            let target = dynamicTarget(node.pointee.dynamicReference)
            if !descend(target, cursor, "$dynamicRef", .none, marks) {
                isValid = false
                guard report != nil else { return false }
            }
        }
        let all = node.pointee.allOf
        for index in 0..<Int(all.count) {
            if !descend(lists[Int(all.start) &+ index], cursor, "allOf", .index(index), marks) {
                isValid = false
                guard report != nil else { return false }
            }
        }
        if !node.pointee.anyOf.isEmpty, !anyOf(node.pointee.anyOf, cursor, marks) {
            isValid = false
            guard report != nil else { return false }
        }
        if !node.pointee.oneOf.isEmpty, !oneOf(node.pointee.oneOf, cursor, marks) {
            isValid = false
            guard report != nil else { return false }
        }
        if node.pointee.not >= 0, isSilentlyValid(node.pointee.not, cursor) {
            isValid = false
            guard let report else { return false }
            report.add("not", cursor, "is what it must not be")
        }
        if node.pointee.condition >= 0, !condition(node, cursor, marks) { isValid = false }
        return isValid && failure == nil
    }

    /// The outermost schema on the way here that has the anchor.
    private mutating func dynamicTarget(_ number: Int32) -> Int32 {
        let reference = program.dynamicReferences[Int(number)]
        for resource in scope {
            if let node = program.dynamicAnchors[SchemaProgram.dynamicKey(reference.name, resource)] { return node }
        }
        return reference.node
    }

    private mutating func condition(_ node: Node, _ cursor: Int, _ marks: Marks?) -> Bool {
        let local = EvaluatedMarks()
        let holds = isQuietlyValid(node.pointee.condition, cursor, "if", marks == nil ? nil : local)
        if holds { marks?.formUnion(local) }
        guard failure == nil else { return false }
        let (branch, keyword): (Int32, StaticString) =
            holds ? (node.pointee.then, "then") : (node.pointee.otherwise, "else")
        return branch < 0 || descend(branch, cursor, keyword, .none, marks)
    }

    // MARK: Alternatives

    private mutating func anyOf(_ run: SchemaNode.Run, _ cursor: Int, _ marks: Marks?) -> Bool {
        guard let report else {
            guard let marks else {
                for index in run.range where evaluate(lists[index], cursor, nil) { return true }
                return false
            }
            // Whatever of them holds has spoken of something.
            var isValid = false
            for index in run.range where evaluateAlternative(lists[index], cursor, marks) { isValid = true }
            return isValid
        }
        let (matches, causes) = alternatives(run, cursor, "anyOf", report, marks)
        if matches == 0, failure == nil { tellNone("anyOf", run, cursor, causes) }
        return matches > 0
    }

    private mutating func oneOf(_ run: SchemaNode.Run, _ cursor: Int, _ marks: Marks?) -> Bool {
        guard let report else {
            var matches = 0
            for index in run.range where evaluateAlternative(lists[index], cursor, marks) {
                matches &+= 1
                if matches > 1 { return false }
            }
            return matches == 1
        }
        let (matches, causes) = alternatives(run, cursor, "oneOf", report, marks)
        if matches == 0, failure == nil {
            tellNone("oneOf", run, cursor, causes)
        } else if matches > 1 {
            report.add("oneOf", cursor, "matches \(matches) of the alternatives instead of one")
        }
        return matches == 1
    }

    private mutating func evaluateAlternative(_ number: Int32, _ cursor: Int, _ marks: Marks?) -> Bool {
        guard let marks else { return evaluate(number, cursor, nil) }
        let local = EvaluatedMarks()
        guard evaluate(number, cursor, local) else { return false }
        marks.formUnion(local)
        return true
    }

    /// Tells why no alternative holds: those of the only one that can have been meant, or of all.
    private func tellNone(
        _ keyword: StaticString,
        _ run: SchemaNode.Run,
        _ cursor: Int,
        _ causes: [[SchemaReport.Found]]
    ) {
        guard let report else { return }
        let ofType = causes.filter {
            !$0.contains { $0.cursor == cursor && ($0.keyword == "type" || $0.keyword == "") }
        }
        let marks = ofType.map { $0.first { isOfWrongKind($0, cursor) } }
        let meant = ofType.count == 1 ? ofType : zip(ofType, marks).filter { $0.1 == nil }.map(\.0)
        if meant.count == 1, let violations = meant.first, !violations.isEmpty {
            report.add(violations)
        } else if meant.isEmpty, let kind = marks.first??.cursor, marks.allSatisfy({ $0?.cursor == kind }) {
            // Each of them wants another constant at the same place.
            let values = marks.compactMap { $0?.message.trimmingPrefix("is not ").trimmingPrefix("one of ") }
            report.add("enum", kind, "is not one of \(values.joined(separator: ", "))")
        } else {
            let words = "matches none of the \(run.count) alternatives"
            report.add(keyword, cursor, words, causes: Array(causes.joined().prefix(Self.maximumCauses)))
        }
    }

    /// Whether the value, or a member that tells its kind, is another constant.
    private func isOfWrongKind(_ found: SchemaReport.Found, _ cursor: Int) -> Bool {
        guard found.keyword == "const" || found.keyword == "enum" else { return false }
        guard found.cursor != cursor else { return true }
        return tape[cursor].kind == .object
            && JSONView(document: document, index: cursor).members.prefix(Self.mostKindMembers)
                .contains { $0.value.index == found.cursor }
    }

    private static var mostKindMembers: Int { 64 }

    /// Tries every alternative; how many hold, and why each of the others does not.
    private mutating func alternatives(
        _ run: SchemaNode.Run,
        _ cursor: Int,
        _ keyword: StaticString,
        _ report: SchemaReport,
        _ marks: Marks?
    ) -> (matches: Int, causes: [[SchemaReport.Found]]) {
        var matches = 0
        var (causes, causeCount) = ([[SchemaReport.Found]](), 0)
        for index in 0..<Int(run.count) {
            let mark = report.mark
            report.enter(keyword, .index(index))
            let holds = evaluateAlternative(lists[Int(run.start) &+ index], cursor, marks)
            report.leave()
            if holds {
                matches += 1
            } else {
                let taken = report.takeBack(to: mark)
                guard causeCount < Self.maximumCauses else { continue }
                causes.append(taken)
                causeCount += taken.count
            }
        }
        return (matches, causes)
    }

    private static var maximumCauses: Int { 50 }
}
