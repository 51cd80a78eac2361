import JSON

/// What is found while a value is judged in full; only made when somebody wants to know more than yes or no.
final class SchemaReport {
    /// How far a report had come, to go back to.
    struct Mark {
        fileprivate let violations: Int
        fileprivate let annotations: Int
    }

    private let program: SchemaProgram
    private let root: JSONView
    private let maximum: Int
    private(set) var violations: [SchemaViolation] = []
    private(set) var annotations: [SchemaAnnotation] = []
    private let wantsAnnotations: Bool
    private var path: [String] = []

    init(_ program: SchemaProgram, _ root: JSONView, maximum: Int, wantsAnnotations: Bool) {
        self.program = program
        self.root = root
        self.maximum = maximum
        self.wantsAnnotations = wantsAnnotations
    }

    /// Whether more violations can be told.
    var isFull: Bool { violations.count >= maximum }

    func enter(_ keyword: StaticString, _ token: PathToken) {
        path.append("\(keyword)")
        switch token {
        case .none: path.append("")
        case .index(let number): path.append(String(number))
        case .property(let number):
            path.append(program.tables.name(program.tables.properties[Int(number)]))
        case .pattern(let number): path.append(program.patterns[Int(number)].text)
        case .name(let number): path.append(program.names[Int(number)])
        }
        isNamed.append(!token.isNone)
    }

    private var isNamed: [Bool] = []

    func leave() {
        path.removeLast(2)
        isNamed.removeLast()
    }

    private func schemaPath(_ keyword: String) -> String {
        var pointer = JSONPointer()
        for (index, named) in isNamed.enumerated() {
            pointer.tokens.append(path[index * 2])
            if named { pointer.tokens.append(path[index * 2 + 1]) }
        }
        if !keyword.isEmpty { pointer.tokens.append(keyword) }
        return pointer.text
    }

    func add(_ keyword: StaticString, _ cursor: Int, _ message: String, causes: [SchemaViolation] = []) {
        guard !isFull else { return }
        let keyword = "\(keyword)"
        violations.append(
            SchemaViolation(
                instancePath: instancePath(cursor),
                schemaPath: schemaPath(keyword),
                keyword: keyword,
                message: message,
                causes: causes
            )
        )
    }

    /// Takes violations that were taken back before.
    func add(_ found: [SchemaViolation]) {
        violations += found.prefix(max(0, maximum - violations.count))
    }

    func instancePath(_ cursor: Int) -> String { JSONPointer(to: cursor, from: root).text }

    func annotate(_ schema: JSONView, _ cursor: Int) {
        guard wantsAnnotations else { return }
        for (name, value) in schema.members {
            guard let keyword = SchemaAnnotation.keywords.first(where: { name.equals($0) }) else { continue }
            annotations.append(
                SchemaAnnotation(
                    instancePath: instancePath(cursor),
                    schemaPath: schemaPath(keyword),
                    keyword: keyword,
                    value: JSONValue(value)
                )
            )
        }
    }

    // MARK: Alternatives

    var mark: Mark { Mark(violations: violations.count, annotations: annotations.count) }

    /// Takes back what was found since a mark: the violations of an alternative that failed, to be causes.
    func takeBack(to mark: Mark) -> [SchemaViolation] {
        let taken = Array(violations[mark.violations...])
        violations.removeLast(taken.count)
        annotations.removeLast(annotations.count - mark.annotations)
        return taken
    }
}

/// What follows a keyword on the way through a schema.
enum PathToken {
    case none
    case index(Int)
    /// Into the table of properties.
    case property(Int32)
    case pattern(Int32)
    /// Into the list of names.
    case name(Int32)

    var isNone: Bool {
        if case .none = self { return true }
        return false
    }
}

extension SchemaAnnotation {
    /// The keywords that say something about a value and ask nothing of it.
    static let keywords = [
        "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "format",
        "contentEncoding", "contentMediaType", "contentSchema",
    ]
}
