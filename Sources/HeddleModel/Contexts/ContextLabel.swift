package import JSON

/// One value inside the metadata of a context by which it is found: a tag, or any scalar at a path.
package struct ContextLabel: Sendable, Hashable {
    /// The names from the metadata's object down to the value; `["tags"]` for a tag.
    package let path: [String]
    /// The value in its canonical form: a string in quotes, a number, `true`, `false` or `null`.
    package let value: String

    /// Longest label that is found, in bytes.
    private static let longest = 512
    /// The members of the metadata that are found.
    private static let roots = ["tags", "category", "priority", "custom_data"]
    /// Most scalars of one context's metadata.
    private static let most = 256

    /// What a filter asks for: a path with dots between its names, and a value that is JSON or else a string.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` for what no context can have.
    package init(path: String, matching text: String) throws(HeddleError) {
        self.path = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let first = self.path.first, Self.roots.contains(first) else {
            throw HeddleError(
                .invalidRequest,
                "metadata is looked for by \(Self.roots.joined(separator: ", "))",
                details: ["field": "metadata.\(path.clipped(100))"]
            )
        }
        if let document = try? JSONDocument(Array(text.utf8)), ![.object, .array].contains(document.root.kind) {
            try Self.check(document.root)
            value = document.root.canonicalText
        } else {
            value = JSONValue.string(text).text
        }
        guard self.text.utf8.count <= Self.longest, !text.utf8.contains(0) else {
            throw HeddleError(
                .invalidRequest,
                "the value to look for is longer than \(Self.longest) bytes",
                details: ["field": path, "limit_bytes": String(Self.longest)]
            )
        }
    }

    /// A tag.
    package static func tag(_ tag: String) -> ContextLabel {
        ContextLabel(["tags"], JSONValue.string(tag).text)
    }

    private init(_ path: [String], _ value: String) {
        self.path = path
        self.value = value
    }

    /// The label as one text, which no other label has: names cannot hold U+001F in it.
    package var text: String {
        var text = ""
        for (number, name) in path.enumerated() {
            if number > 0 { text += "\u{1F}." }
            text += name.utf8.contains(0x1F) ? name.replacing("\u{1F}", with: "\u{1F}\u{1F}") : name
        }
        return text + "\u{1F}=" + value
    }

    /// The smallest object that a JSON document with this label contains.
    package var containment: String {
        if path == ["tags"] { return #"{"tags":[\#(value)]}"# }
        var result = value
        for name in path.reversed() { result = "{\(JSONValue.string(name).text):\(result)}" }
        return result
    }

    /// Whether some metadata, as it is stored, has the value.
    package func isIn(_ metadata: JSONView) -> Bool {
        if path == ["tags"] {
            return metadata.member("tags")?.elements.contains { $0.canonicalText == value } ?? false
        }
        var view = metadata
        for name in path {
            guard view.kind == .object, let next = view.member(name) else { return false }
            view = next
        }
        return ![.object, .array].contains(view.kind) && view.canonicalText == value
    }

    /// All labels of some metadata.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when there are too many, or a text has U+0000.
    package static func all(_ metadata: ContextAttributes.Metadata) throws(HeddleError) -> Set<ContextLabel> {
        var labels = Set(metadata.tags.map(tag))
        labels.insert(ContextLabel(["priority"], JSONValue.string(metadata.priority.rawValue).text))
        if let category = metadata.category {
            labels.insert(ContextLabel(["category"], JSONValue.string(category).text))
        }
        // Most contexts have none.
        guard metadata.customData.count > 2, let document = try? JSONDocument(metadata.customData) else {
            return labels
        }
        var custom = 0
        try collect(document.root, ["custom_data"], &labels, &custom)
        return labels
    }

    private static func collect(
        _ view: JSONView,
        _ path: [String],
        _ labels: inout Set<ContextLabel>,
        _ count: inout Int
    ) throws(HeddleError) {
        switch view.kind {
        case .object:
            for member in view.members {
                let name = member.name.string ?? ""
                try check(name)
                try collect(member.value, path + [name], &labels, &count)
            }
        case .array:
            // Elements are looked for with the shared state, not with a filter.
            for element in view.elements {
                var ignored: Set<ContextLabel> = []
                try collect(element, path, &ignored, &count)
            }
        case .string, .number, .bool, .null:
            try check(view.string ?? "")
            try check(view)
            count += 1
            guard count <= most else {
                throw HeddleError(
                    .invalidRequest,
                    "'metadata.custom_data' has more than \(most) values; use the shared state for that",
                    details: ["field": "metadata.custom_data", "limit": String(most)]
                )
            }
            let label = ContextLabel(path, view.canonicalText)
            if label.text.utf8.count <= longest { labels.insert(label) }
        }
    }

    /// Refuses numbers that are beyond a double, which not every database can hold.
    private static func check(_ view: JSONView) throws(HeddleError) {
        guard view.kind == .number, let number = view.double else { return }
        let isZero = view.bytes.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
            .allSatisfy { !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) }
        guard !number.isFinite || (number == 0 && !isZero) else { return }
        throw HeddleError(
            .invalidRequest,
            "'metadata.custom_data' has a number that is larger or smaller than can be looked for",
            details: ["field": "metadata.custom_data"]
        )
    }

    private static func check(_ text: String) throws(HeddleError) {
        guard text.utf8.contains(0) else { return }
        throw HeddleError(
            .invalidRequest,
            "'metadata.custom_data' has a text with U+0000",
            details: ["field": "metadata.custom_data"]
        )
    }
}

extension JSONView {
    fileprivate var canonicalText: String {
        var bytes: [UInt8] = []
        appendCanonical(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
