import Glibc
import JSON

/// Judges one value with a compiled schema, on the tape.
///
/// Without a report it stops at the first violation. All tables are read through pointers that its maker keeps alive.
/// Methods on the way of a valid value are mutating even when they change nothing: the others are called with a copy of it.
struct Evaluator: ~Copyable {
    typealias Node = UnsafePointer<SchemaNode>
    typealias Marks = EvaluatedMarks

    // The schema and the value outlive the verdict, and are counted once by whoever asks for it.
    unowned(unsafe) let program: SchemaProgram
    unowned(unsafe) let document: JSONDocument
    let nodes: UnsafeBufferPointer<SchemaNode>
    let lists: UnsafeBufferPointer<Int32>
    let properties: UnsafeBufferPointer<SchemaProgram.Property>
    let nameBytes: UnsafeBufferPointer<UInt8>
    let constantTexts: UnsafeBufferPointer<SchemaNode.Run>
    let tape: UnsafeBufferPointer<JSONTapeEntry>
    let text: UnsafeBufferPointer<UInt8>
    var report: SchemaReport?
    var steps: Int
    /// Why the value cannot be judged; every schema fails from then on.
    var failure: SchemaError?
    /// How much deeper it may go.
    private var depth: Int
    private let hasDynamicScope: Bool
    /// The resources that were entered, outermost first; kept only for schemas with dynamic references.
    var scope: [Int32] = []

    init(
        program: SchemaProgram,
        view: JSONView,
        tape: UnsafeBufferPointer<JSONTapeEntry>,
        text: UnsafeBufferPointer<UInt8>,
        report: SchemaReport?
    ) {
        self.program = program
        document = view.document
        nodes = program.tables.nodes
        lists = program.tables.lists
        properties = program.tables.properties
        nameBytes = program.tables.nameBytes
        constantTexts = program.tables.constantTexts
        self.tape = tape
        self.text = text
        self.report = report
        steps = program.limits.steps + program.limits.stepsPerByte * view.range.count
        depth = program.limits.depth
        hasDynamicScope = program.hasDynamicScope
    }

    /// Whether a value satisfies a node; what the node has spoken of is marked.
    mutating func evaluate(_ number: Int32, _ cursor: Int, _ marks: Marks?) -> Bool {
        guard let base = nodes.baseAddress else { return false }
        let node = base + Int(number)
        let parts = node.pointee.parts
        if parts == .nothing { return true }
        // To say what is wrong takes longer than to see it.
        steps &-= report == nil ? 1 : 16
        guard steps > 0, depth > 0 else { return giveUp() }
        if parts.contains(.never) {
            report?.add("", cursor, "is not allowed")
            return false
        }
        depth &-= 1
        let entersResource = hasDynamicScope && scope.last != node.pointee.resource
        if entersResource { scope.append(node.pointee.resource) }
        let isValid: Bool
        if parts.contains(.unevaluated) {
            isValid = evaluateWithUnevaluated(node, cursor, marks)
        } else {
            isValid = evaluateParts(node, cursor, marks)
        }
        if entersResource { scope.removeLast() }
        depth &+= 1
        if isValid, let report, parts.contains(.annotations) {
            report.annotate(program.source(of: node.pointee), cursor)
        }
        return isValid && failure == nil
    }

    mutating func giveUp() -> Bool {
        if failure == nil { failure = SchemaError(.tooCostly, at: "", "the value takes too many steps to judge") }
        return false
    }

    /// Goes on to a schema inside of this one.
    @inline(__always)
    mutating func descend(
        _ number: Int32,
        _ cursor: Int,
        _ keyword: StaticString,
        _ token: PathToken = .none,
        _ marks: Marks? = nil
    ) -> Bool {
        guard let report else { return evaluate(number, cursor, marks) }
        report.enter(keyword, token)
        defer { report.leave() }
        return evaluate(number, cursor, marks)
    }

    private mutating func evaluateParts(_ node: Node, _ cursor: Int, _ marks: Marks?) -> Bool {
        let parts = node.pointee.parts
        let kind = tape[cursor].kind
        var isValid = true
        var isRightKind = true
        if parts.contains(.kinds), !hasKind(node, cursor, kind) {
            isRightKind = false
            isValid = false
            guard report != nil else { return false }
        }
        // A value of the wrong type is none of the constants either, which nobody has to be told as well.
        if isValid, parts.contains(.constants), !isConstant(node, cursor) {
            isValid = false
            guard report != nil else { return false }
        }
        let fits: Bool
        switch kind {
        case .object: fits = !parts.contains(.object) || object(node, cursor, marks)
        case .array: fits = !parts.contains(.array) || array(node, cursor, marks)
        case .string: fits = !parts.contains(.string) || string(node, cursor)
        case .number: fits = !parts.contains(.number) || number(node, cursor)
        case .null, .bool: fits = true
        }
        if !fits {
            isValid = false
            guard report != nil else { return false }
        }
        // A value of the wrong type has not to be told of everything else that it is not.
        if parts.contains(.composition), isRightKind || report == nil, !composition(node, cursor, marks) {
            isValid = false
        }
        return isValid
    }

    // MARK: Kinds and constants

    private mutating func hasKind(_ node: Node, _ cursor: Int, _ kind: JSONKind) -> Bool {
        let kinds = node.pointee.kinds
        let isRight: Bool
        switch kind {
        case .null: isRight = kinds.contains(.null)
        case .bool: isRight = kinds.contains(.bool)
        case .number: isRight = kinds.contains(.number) || (kinds.contains(.integer) && isInteger(cursor))
        case .string: isRight = kinds.contains(.string)
        case .array: isRight = kinds.contains(.array)
        case .object: isRight = kinds.contains(.object)
        }
        if !isRight, let report {
            report.add("type", cursor, "is \(Self.name(kind)), not \(kinds.description)")
        }
        return isRight
    }

    private static func name(_ kind: JSONKind) -> String {
        switch kind {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    mutating func bytes(_ cursor: Int) -> UnsafeBufferPointer<UInt8> {
        let entry = tape[cursor]
        return UnsafeBufferPointer(rebasing: text[Int(entry.offset)..<(Int(entry.offset) + Int(entry.length))])
    }

    private mutating func isInteger(_ cursor: Int) -> Bool {
        let bytes = bytes(cursor)
        for byte in bytes where byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") {
            return DecimalNumber(bytes).isInteger
        }
        return true
    }

    private mutating func isConstant(_ node: Node, _ cursor: Int) -> Bool {
        let entry = tape[cursor]
        if entry.kind == .string, !entry.isEscaped, node.pointee.constants.count <= SchemaProgram.longTable {
            var isPlain = true
            for number in node.pointee.constants.range {
                if isText(number, cursor) { return true }
                if constantTexts[number].count < 0 { isPlain = false }
            }
            // An escaped constant may be the same text.
            if isPlain, report == nil { return false }
        }
        let view = JSONView(document: document, index: cursor)
        let run = node.pointee.constants
        var isFound = false
        if let table = run.count > SchemaProgram.longTable ? program.enumerations[run.start] : nil {
            var hasher = Hasher()
            JSONEquality.hash(view, into: &hasher)
            let candidates = table[hasher.finalize()] ?? []
            isFound = candidates.contains { JSONEquality.areEqual(program.constants[Int($0)], view) }
        } else {
            for number in run.range where JSONEquality.areEqual(program.constants[number], view) {
                isFound = true
                break
            }
        }
        // To compare with an array or an object costs as much as it is long.
        steps &-= Int(tape[cursor].next) - cursor
        if !isFound, let report {
            let values = run.range.prefix(20)
                .map { String(decoding: program.constants[$0].bytes.prefix(80), as: UTF8.self) }
            let more = run.count > 20 ? " or \(run.count - 20) more" : ""
            if node.pointee.parts.contains(.isEnumeration) {
                report.add("enum", cursor, "is not one of \(values.joined(separator: ", "))\(more)")
            } else {
                report.add("const", cursor, "is not \(values.first ?? "what it has to be")")
            }
        }
        return isFound
    }

    private mutating func isText(_ constant: Int, _ cursor: Int) -> Bool {
        let known = constantTexts[constant]
        guard known.count == Int32(truncatingIfNeeded: tape[cursor].length), let start = text.baseAddress,
            let other = nameBytes.baseAddress
        else { return false }
        return memcmp(start + Int(tape[cursor].offset), other + Int(known.start), Int(known.count)) == 0
    }

    // MARK: Unevaluated

    private mutating func evaluateWithUnevaluated(_ node: Node, _ cursor: Int, _ marks: Marks?) -> Bool {
        let local = EvaluatedMarks()
        var isValid = evaluateParts(node, cursor, local)
        guard isValid || report != nil else { return false }
        let kind = tape[cursor].kind
        let (inner, keyword): (Int32, StaticString) =
            kind == .object
            ? (node.pointee.unevaluatedProperties, "unevaluatedProperties")
            : (node.pointee.unevaluatedItems, "unevaluatedItems")
        if kind == .object || kind == .array, inner >= 0 {
            var (child, ordinal) = (cursor + 1, 0)
            let end = Int(tape[cursor].next)
            while child < end {
                let value = kind == .object ? child + 1 : child
                if !local.contains(ordinal), !descend(inner, value, keyword) {
                    isValid = false
                    guard report != nil else { return false }
                }
                child = Int(tape[value].next)
                ordinal += 1
            }
            local.insertAll()
        }
        // What was told of is not told of again by the schema around this one.
        if isValid || report != nil { marks?.formUnion(local) }
        return isValid
    }
}

extension SchemaNode.Kinds: CustomStringConvertible {
    /// Such as "a string or null".
    var description: String {
        var names: [String] = []
        if contains(.string) { names.append("a string") }
        if contains(.number) {
            names.append("a number")
        } else if contains(.integer) {
            names.append("an integer")
        }
        if contains(.bool) { names.append("a boolean") }
        if contains(.array) { names.append("an array") }
        if contains(.object) { names.append("an object") }
        if contains(.null) { names.append("null") }
        guard let last = names.popLast() else { return "anything" }
        return names.isEmpty ? last : names.joined(separator: ", ") + " or " + last
    }
}
