/// A template of addresses (RFC 6570), as far as telling whether an address may come from it goes.
///
/// An expression stands for any characters but those that end the part of the address that it is in.
struct URITemplate: Sendable {
    private enum Part {
        case text([UInt8])
        /// Up to one of these bytes; nil for everything.
        case expression(endings: [UInt8])
    }

    private let parts: [Part]

    init(_ template: String) {
        var parts: [Part] = []
        var rest = Substring(template)
        while let start = rest.firstIndex(of: "{"), let end = rest[start...].firstIndex(of: "}") {
            if start > rest.startIndex { parts.append(.text(Array(rest[..<start].utf8))) }
            switch rest[rest.index(after: start)...].first {
            // Reserved characters and fragments may hold slashes, queries everything.
            case "+", "#", "?", "&": parts.append(.expression(endings: []))
            case "/": parts.append(.expression(endings: Array("?#".utf8)))
            case _: parts.append(.expression(endings: Array("/?#".utf8)))
            }
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.text(Array(rest.utf8))) }
        self.parts = parts
    }

    /// Whether an address may come from it.
    func matches(_ uri: String) -> Bool {
        var steps = 10_000
        return Self.matches(Array(uri.utf8)[...], parts[...], &steps)
    }

    private static func matches(_ rest: ArraySlice<UInt8>, _ parts: ArraySlice<Part>, _ steps: inout Int) -> Bool {
        steps -= 1
        guard steps > 0 else { return false }
        guard let part = parts.first else { return rest.isEmpty }
        switch part {
        case .text(let text):
            return rest.starts(with: text) && matches(rest.dropFirst(text.count), parts.dropFirst(), &steps)
        case .expression(let endings):
            let most = rest.firstIndex { endings.contains($0) } ?? rest.endIndex
            // The longest first; one that stands at the end takes all.
            for end in stride(from: most, through: rest.startIndex, by: -1)
            where matches(rest[end...], parts.dropFirst(), &steps) {
                return true
            }
            return false
        }
    }
}
