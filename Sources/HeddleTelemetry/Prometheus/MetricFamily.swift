/// A metric: its name, what it says, and by which labels its values differ.
package struct MetricFamily: Sendable {
    /// What the values are.
    package enum Kind: String, Sendable {
        /// It only grows, but for a new start.
        case counter
        case gauge
        case histogram
    }

    /// Its name in the text.
    package let name: StaticString
    /// What the values are.
    package let kind: Kind
    /// A sentence for people.
    package let help: StaticString
    /// The names of its labels; each value has one text for each, in this order.
    package let labels: [StaticString]

    /// A metric; ``problem`` says what is wrong with it.
    package init(_ name: StaticString, _ kind: Kind, help: StaticString, labels: [StaticString] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }

    /// Which rule of the format or of its users it breaks; nil: none.
    package var problem: String? {
        let text = name.description
        guard Self.isName(text, colons: true) else { return "'\(text)' is no name of a metric" }
        guard (kind == .counter) == text.hasSuffix("_total") else {
            return "'\(text)': counters, and nothing else, end in _total"
        }
        for ending in ["_bucket", "_sum", "_count"] where text.hasSuffix(ending) {
            return "'\(text)' looks like a part of a histogram"
        }
        var seen: Set<String> = []
        for label in labels.map(\.description) {
            guard Self.isName(label, colons: false), !label.hasPrefix("__") else {
                return "'\(label)' is no name of a label"
            }
            guard label != "le", label != "quantile" else { return "the label '\(label)' has a meaning of its own" }
            guard seen.insert(label).inserted else { return "the label '\(label)' is there twice" }
        }
        return nil
    }

    private static func isName(_ text: String, colons: Bool) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"): colons
            default: false
            }
        }
    }
}
