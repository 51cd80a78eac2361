import Glibc
import JSON

extension Evaluator {
    /// Judges the members of an object, each with one look for all keywords.
    mutating func object(_ node: Node, _ cursor: Int, _ marks: Marks?) -> Bool {
        let entry = tape[cursor]
        var isValid = true
        if entry.count < Int(node.pointee.minProperties) || entry.count > Int(node.pointee.maxProperties) {
            isValid = false
            guard report != nil else { return false }
            tellCount(node, cursor)
        }
        var (required, ordinal) = (Int32(0), 0)
        var member = cursor &+ 1
        let end = Int(entry.next)
        let table = node.pointee.properties
        while member < end {
            let value = member &+ 1
            var isSpokenOf = false
            if !table.isEmpty {
                let found = find(member, table)
                if found >= 0 {
                    let property = properties[Int(found)]
                    if property.isRequired { required &+= 1 }
                    if property.node >= 0 {
                        isSpokenOf = true
                        if !descend(property.node, value, "properties", .property(found)) { isValid = false }
                    }
                }
            }
            if !node.pointee.patternProperties.isEmpty,
                !patternProperties(node, member, &isSpokenOf)
            {
                isValid = false
            }
            if !isSpokenOf, node.pointee.additionalProperties >= 0 {
                isSpokenOf = true
                if !additional(node, member) { isValid = false }
            }
            if node.pointee.propertyNames >= 0, !descend(node.pointee.propertyNames, member, "propertyNames") {
                isValid = false
            }
            if !isValid, report == nil || failure != nil { return false }
            if isSpokenOf { marks?.insert(ordinal) }
            member = Int(tape[value].next)
            ordinal &+= 1
        }
        if required < node.pointee.requiredCount {
            isValid = false
            guard report != nil else { return false }
            tellMissing(node, cursor)
        }
        if !node.pointee.dependents.isEmpty, !dependents(node, cursor, marks) { isValid = false }
        return isValid
    }

    // MARK: Names

    /// The entry of a table that a member's name has; -1 for none.
    @inline(__always)
    private mutating func find(_ member: Int, _ table: SchemaNode.Run) -> Int32 {
        let entry = tape[member]
        guard !entry.isEscaped else { return findEscaped(member, table) }
        return find(text, Int(entry.offset) &+ 1, Int(entry.length) &- 2, table)
    }

    private mutating func findEscaped(_ member: Int, _ table: SchemaNode.Run) -> Int32 {
        let name = Array((JSONView(document: document, index: member).string ?? "").utf8)
        return name.withUnsafeBufferPointer { find($0, 0, name.count, table) }
    }

    @inline(__always)
    private mutating func find(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ length: Int,
        _ table: SchemaNode.Run
    ) -> Int32 {
        let key = SchemaProgram.key(bytes, start, length)
        var (low, high) = (Int(table.start), Int(table.start &+ table.count))
        if table.count > SchemaProgram.longTable {
            while low < high {
                let middle = (low &+ high) / 2
                let candidate = properties[middle]
                let order =
                    candidate.key == key ? compare(candidate, bytes, start, length) : candidate.key < key ? -1 : 1
                if order == 0 { return Int32(middle) }
                if order < 0 { low = middle &+ 1 } else { high = middle }
            }
            return -1
        }
        while low < high {
            let candidate = properties[low]
            if candidate.key == key, length < 8 || compare(candidate, bytes, start, length) == 0 { return Int32(low) }
            low &+= 1
        }
        return -1
    }

    /// Whether a property's name comes before the given one, as bytes (-1), is it (0), or comes behind it (1).
    private mutating func compare(
        _ property: SchemaProgram.Property,
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ start: Int,
        _ length: Int
    ) -> Int {
        let own = Int(property.length)
        guard let left = nameBytes.baseAddress, let right = bytes.baseAddress else { return own - length }
        let order = memcmp(left + Int(property.start), right + start, min(own, length))
        return order != 0 ? (order < 0 ? -1 : 1) : (own - length).signum()
    }

    // MARK: Parts

    private mutating func patternProperties(_ node: Node, _ member: Int, _ isSpokenOf: inout Bool) -> Bool {
        var isValid = true
        for index in node.pointee.patternProperties.range {
            let property = program.patternProperties[index]
            guard matches(property.pattern, member) else {
                if failure != nil { return false }
                continue
            }
            isSpokenOf = true
            if !descend(property.node, member + 1, "patternProperties", .pattern(property.pattern)) {
                isValid = false
                guard report != nil else { return false }
            }
        }
        return isValid
    }

    private mutating func additional(_ node: Node, _ member: Int) -> Bool {
        let number = node.pointee.additionalProperties
        guard number == SchemaCompiler.never, let report else {
            return descend(number, member + 1, "additionalProperties")
        }
        guard !report.isFull else { return false }
        let table = node.pointee.properties
        var known: [String] = []
        if table.count <= KnownNames.mostCompared { steps &-= Int(table.count) }
        for index in table.range where table.count <= KnownNames.mostCompared && properties[index].node >= 0 {
            known.append(program.tables.name(properties[index]))
        }
        let written = JSONView(document: document, index: member).string ?? ""
        report.add("additionalProperties", member + 1, "is not known here" + KnownNames(known).hint(for: written))
        return false
    }

    private mutating func dependents(_ node: Node, _ cursor: Int, _ marks: Marks?) -> Bool {
        let view = JSONView(document: document, index: cursor)
        var isValid = true
        for index in node.pointee.dependents.range {
            let dependent = program.dependents[index]
            // Each look goes over the members.
            steps &-= view.count
            guard steps > 0 else { return giveUp() }
            guard view.member(program.names[Int(dependent.name)]) != nil else { continue }
            steps &-= view.count &* Int(dependent.required.count)
            guard steps > 0 else { return giveUp() }
            for number in lists[dependent.required.range] where view.member(program.names[Int(number)]) == nil {
                isValid = false
                guard let report else { return false }
                let (missing, present) = (program.names[Int(number)], program.names[Int(dependent.name)])
                report.add("dependentRequired", cursor, "has no '\(missing)', which '\(present)' needs")
            }
            if dependent.node >= 0,
                !descend(dependent.node, cursor, "dependentSchemas", .name(dependent.name), marks)
            {
                isValid = false
                guard report != nil else { return false }
            }
        }
        return isValid
    }

    // MARK: Words

    private func tellCount(_ node: Node, _ cursor: Int) {
        let count = tape[cursor].count
        if count < Int(node.pointee.minProperties) {
            report?.add("minProperties", cursor, "has \(count) members, fewer than \(node.pointee.minProperties)")
        } else {
            report?.add("maxProperties", cursor, "has \(count) members, more than \(node.pointee.maxProperties)")
        }
    }

    private mutating func tellMissing(_ node: Node, _ cursor: Int) {
        let view = JSONView(document: document, index: cursor)
        for index in node.pointee.properties.range where properties[index].isRequired {
            steps &-= view.count
            guard steps > 0, report?.isFull == false else { return }
            let name = program.tables.name(properties[index])
            if view.member(name) == nil { report?.add("required", cursor, "has no '\(name)', which is required") }
        }
    }
}
