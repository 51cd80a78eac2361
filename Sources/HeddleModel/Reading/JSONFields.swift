package import JSON

/// An object of JSON, read member by member with errors that name the member.
///
/// What comes from outside is held against its schema first, which says more, and all at once.
package struct JSONFields: Sendable {
    /// The object itself.
    package let view: JSONView
    private let code: HeddleError.Code
    /// Where the object stands in the text, such as `runtime.` or empty at the top.
    private let prefix: String

    /// Takes an object.
    ///
    /// - Throws: ``HeddleError`` with the given code when the value is of another kind.
    package init(_ view: JSONView, code: HeddleError.Code, path: String = "") throws(HeddleError) {
        guard view.kind == .object else {
            let what = path.isEmpty ? "the value" : "'\(path)'"
            throw HeddleError(code, "\(what) is an object", details: path.isEmpty ? [:] : ["field": path])
        }
        self.view = view
        self.code = code
        prefix = path.isEmpty ? "" : path + "."
    }

    /// Parses an object that Heddle wrote itself.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON` when it is not JSON, or with the given code when it is no object.
    package init(parsing bytes: [UInt8], code: HeddleError.Code) throws(HeddleError) {
        try self.init(Self.document(bytes).root, code: code)
    }

    private static func document(_ bytes: [UInt8]) throws(HeddleError) -> JSONDocument {
        do throws(JSONError) {
            return try JSONDocument(bytes)
        } catch {
            throw HeddleError(
                .malformedJSON,
                "the text is not acceptable JSON: \(error)",
                details: ["reason": error.reason.rawValue, "offset": String(error.offset)]
            )
        }
    }

    /// Parses what came from outside and holds it against its schema.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON` when it is not JSON, or with the given code and all violations.
    package init(
        parsing bytes: [UInt8],
        as schema: OwnSchema,
        code: HeddleError.Code,
        _ sentence: String
    ) throws(HeddleError) {
        let document = try Self.document(bytes)
        try schema.check(document.root, code, sentence)
        try self.init(document.root, code: code)
    }

    /// An error of this object's kind that names no member.
    package func error(_ message: String) -> HeddleError {
        HeddleError(code, message, details: prefix.isEmpty ? [:] : ["field": String(prefix.dropLast())])
    }

    private func mismatch(_ name: String, _ expected: String) -> HeddleError {
        HeddleError(code, "'\(prefix)\(name)' is \(expected)", details: ["field": prefix + name])
    }

    private func missing(_ name: String) -> HeddleError {
        HeddleError(code, "'\(prefix)\(name)' is missing", details: ["field": prefix + name])
    }

    /// The raw member; null counts as a value here.
    package func view(_ name: String) -> JSONView? { view.member(name) }

    private func present(_ name: String) -> JSONView? {
        guard let view = view.member(name), !view.isNull else { return nil }
        return view
    }

    package func string(_ name: String) throws(HeddleError) -> String {
        guard let text = try stringIfPresent(name) else {
            throw missing(name)
        }
        return text
    }

    package func stringIfPresent(_ name: String) throws(HeddleError) -> String? {
        guard let view = present(name) else { return nil }
        guard let text = view.string, !text.utf8.contains(0) else { throw mismatch(name, "a string without NUL") }
        return text
    }

    package func boolIfPresent(_ name: String) throws(HeddleError) -> Bool? {
        guard let view = present(name) else { return nil }
        guard let value = view.bool else { throw mismatch(name, "true or false") }
        return value
    }

    package func integerIfPresent(_ name: String) throws(HeddleError) -> Int? {
        guard let view = present(name) else { return nil }
        guard let number = view.integer else { throw mismatch(name, "a whole number") }
        return number
    }

    /// The strings of a list; empty when it is missing.
    package func strings(_ name: String) throws(HeddleError) -> [String] {
        guard let view = present(name) else { return [] }
        guard view.kind == .array else { throw mismatch(name, "a list of strings") }
        var result: [String] = []
        for element in view.elements {
            guard let text = element.string, !text.utf8.contains(0) else { throw mismatch(name, "a list of strings") }
            result.append(text)
        }
        return result
    }

    /// An object whose values are strings; empty when it is missing.
    package func stringMap(_ name: String) throws(HeddleError) -> [String: String] {
        guard let view = present(name) else { return [:] }
        guard view.kind == .object else { throw mismatch(name, "an object of strings") }
        var result: [String: String] = [:]
        for member in view.members {
            guard let key = member.name.string, let text = member.value.string, !text.utf8.contains(0) else {
                throw mismatch(name, "an object of strings")
            }
            result[key] = text
        }
        return result
    }

    /// One of an enum's raw values.
    package func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String,
        default fallback: Choice
    ) throws(HeddleError) -> Choice where Choice.RawValue == String {
        try choiceIfPresent(name) ?? fallback
    }

    /// One of an enum's raw values; nil when it is missing or null.
    package func choiceIfPresent<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(HeddleError) -> Choice? where Choice.RawValue == String {
        guard let text = try stringIfPresent(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw mismatch(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// An object inside this one that has to be there.
    ///
    /// - Throws: ``HeddleError`` that names the member when it is missing or of another kind.
    package func fields(_ name: String) throws(HeddleError) -> JSONFields {
        guard let fields = try fieldsIfPresent(name) else { throw missing(name) }
        return fields
    }

    /// An object inside this one.
    package func fieldsIfPresent(_ name: String) throws(HeddleError) -> JSONFields? {
        guard let view = present(name) else { return nil }
        return try JSONFields(view, code: code, path: prefix + name)
    }
}
