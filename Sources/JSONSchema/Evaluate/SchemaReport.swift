import JSON

/// What is found while a value is judged in full; only made when somebody wants to know more than yes or no.
///
/// Places in the value stay numbers until the end: the way to each is found in one walk over the value for all of them.
final class SchemaReport {
    /// A violation whose place is a place on the tape.
    struct Found {
        let cursor: Int
        let schemaPath: String
        let keyword: String
        let message: String
        var causes: [Found] = []
    }

    /// How far a report had come, to go back to.
    struct Mark {
        fileprivate let violations: Int
        fileprivate let annotations: Int
    }

    private static let longestMessage = 1000
    /// Causes of all violations together.
    private static let mostCauses = 200

    private let program: SchemaProgram
    private let root: JSONView
    private let maximum: Int
    private var found: [Found] = []
    private var notes: [(cursor: Int, schemaPath: String, keyword: String, value: JSONView)] = []
    let wantsAnnotations: Bool
    private var path: [String] = []

    init(_ program: SchemaProgram, _ root: JSONView, maximum: Int, wantsAnnotations: Bool) {
        self.program = program
        self.root = root
        self.maximum = maximum
        self.wantsAnnotations = wantsAnnotations
    }

    /// Whether more violations can be told.
    var isFull: Bool { found.count >= maximum }

    /// What was found, with the ways to it.
    var violations: [SchemaViolation] {
        let paths = JSONPointer.paths(to: found.flatMap { [$0.cursor] + $0.causes.map(\.cursor) }, from: root)
        func violation(_ found: Found) -> SchemaViolation {
            SchemaViolation(
                instancePath: paths[found.cursor]?.text ?? "",
                schemaPath: found.schemaPath,
                keyword: found.keyword,
                message: found.message,
                causes: found.causes.map(violation)
            )
        }
        return found.map(violation)
    }

    /// What the schema says about the parts of the value.
    var annotations: [SchemaAnnotation] {
        let paths = JSONPointer.paths(to: notes.map(\.cursor), from: root)
        return notes.map { note in
            SchemaAnnotation(
                instancePath: paths[note.cursor]?.text ?? "",
                schemaPath: note.schemaPath,
                keyword: note.keyword,
                value: JSONValue(note.value)
            )
        }
    }

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

    func add(_ keyword: StaticString, _ cursor: Int, _ message: String, causes: [Found] = []) {
        guard !isFull else { return }
        let keyword = "\(keyword)"
        var short = message
        if message.utf8.count > Self.longestMessage {
            short = String(message.unicodeScalars.prefix(Self.longestMessage / 4)) + "…"
        }
        let known = found.reduce(0) { $0 + $1.causes.count }
        found.append(
            Found(
                cursor: cursor,
                schemaPath: schemaPath(keyword),
                keyword: keyword,
                message: short,
                causes: Array(causes.prefix(max(0, Self.mostCauses - known)))
            )
        )
    }

    /// Takes violations that were taken back before.
    func add(_ taken: [Found]) {
        found += taken.prefix(max(0, maximum - found.count))
    }

    func annotate(_ schema: JSONView, _ cursor: Int) {
        guard wantsAnnotations else { return }
        for (name, value) in schema.members {
            guard let keyword = SchemaAnnotation.keywords.first(where: { name.equals($0) }) else { continue }
            notes.append((cursor, schemaPath(keyword), keyword, value))
        }
    }

    // MARK: Alternatives

    var mark: Mark { Mark(violations: found.count, annotations: notes.count) }

    /// Takes back what was found since a mark: the violations of an alternative that failed, to be causes.
    func takeBack(to mark: Mark) -> [Found] {
        let taken = Array(found[mark.violations...])
        found.removeLast(taken.count)
        notes.removeLast(notes.count - mark.annotations)
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
