package import HeddleModel
import JSON
import JSONSchema

extension ConfigurationOption {
    /// The configuration file: every setting in the section that its key names.
    package static let schema = OwnSchema("Configuration", section(all[...], depth: 0))

    private static func section(_ options: ArraySlice<ConfigurationOption>, depth: Int) -> JSONValue {
        var members: [JSONObject.Member] = []
        if depth == 0 { members.append(.init(name: "$schema", value: Shape.text)) }
        for option in options {
            let parts = option.key.split(separator: ".")
            let name = String(parts[depth])
            guard !members.contains(where: { $0.name == name }) else { continue }
            let inner = options.filter { $0.key.split(separator: ".")[depth] == name }
            let isSetting = parts.count == depth + 1
            members.append(.init(name: name, value: isSetting ? option.shape : section(inner[...], depth: depth + 1)))
        }
        return Shape.object(optional: members)
    }

    private var shape: JSONValue {
        var shape: JSONValue
        var standard = JSONValue.string(standard)
        switch kind {
        case .text(.none): shape = Shape.text
        case .text(let (pattern, words)?): shape = Shape.matching(pattern, words)
        case .choice(let choices): shape = Shape.choice(choices)
        case .integer(let range):
            shape = Shape.integer(range)
            standard = .number(self.standard)
        case .list:
            // Commas separate the elements in the environment.
            shape = Shape.list(Shape.matching("^[^,\\u0000]*$", "a text without commas"))
            standard = .array([])
        }
        shape = Shape.adding(["default": standard], to: shape)
        if case .text(.some) = kind { return shape }
        return Shape.adding(["description": .string(summary)], to: shape)
    }

    /// The value that a text of the environment or of the command line stands for.
    func value(_ text: String) -> JSONValue {
        switch kind {
        case .text, .choice: .string(text)
        case .integer: Int(text).map(JSONValue.integer) ?? .string(text)
        case .list: .array(Self.elements(text).map(JSONValue.string))
        }
    }

    /// The text of a value that satisfies the schema.
    func text(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): text
        // 7433.0 and 7.433e3 are the same number.
        case .number(let text): value.integer.map(String.init) ?? text
        case .array(let elements): elements.compactMap(\.string).joined(separator: ",")
        case .null, .bool, .object: standard
        }
    }

    /// The elements of a list.
    static func elements(_ text: String) -> [String] {
        text.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }
            .map { String($0.reversed().drop(while: \.isWhitespace).reversed()) }
    }
}

// MARK: - Names

extension ConfigurationOption {
    /// The name of every setting.
    package static var keys: [String] { all.map(\.key) }

    /// The setting of a name.
    ///
    /// - Throws: ``HeddleError`` with `settingNotFound` and the name that was probably meant.
    package static func named(_ key: String) throws(HeddleError) -> ConfigurationOption {
        if let found = all.first(where: { $0.key == key }) { return found }
        let shown = key.clipped(80)
        throw HeddleError(
            .settingNotFound,
            "no setting is named '\(shown)'\(hint(for: key, among: all.map(\.key)))",
            details: ["key": shown]
        )
    }

    /// What to add to a name that is not known: the one that was probably meant.
    static func hint(for name: String, among known: [String]) -> String {
        // The last word alone, or the name in the environment.
        let same = all.filter { $0.key.hasSuffix("." + name.lowercased()) || $0.variable == name.uppercased() }
        if same.count == 1, let key = same.first?.key, known.contains(key) { return "; did you mean '\(key)'?" }
        return KnownNames.nearest(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }
}
