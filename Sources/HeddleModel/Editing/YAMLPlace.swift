import JSON
import Yams

/// How far the names of a path lead into a YAML text.
struct YAMLPlace {
    struct Entry {
        let key: Node
        let value: Node
    }

    /// The entries on the way, from the outermost.
    private(set) var entries: [Entry] = []
    /// The names that are not there.
    private(set) var missing: ArraySlice<String>
    /// Whether a mapping on the way is written in braces.
    private(set) var isInBraces = false
    /// Where the way ends: the value, or what would have to hold the rest; nil for an empty text.
    private(set) var end: Node?

    init(_ path: [String], in root: Node?, _ lines: YAMLLines) {
        missing = path[...]
        end = root
        while let name = missing.first, let mapping = end?.mapping {
            isInBraces = isInBraces || end.map(lines.isInBraces) == true
            guard let found = mapping.first(where: { $0.key.string == name }) else { return }
            entries.append(Entry(key: found.key, value: found.value))
            (end, missing) = (found.value, missing.dropFirst())
        }
    }

    /// A value inside of the objects that are not there.
    func wrapped(_ value: JSONValue) -> JSONValue {
        missing.reversed().reduce(value) { .object(JSONObject(members: [.init(name: $1, value: $0)])) }
    }
}
