/// The words of texts, as a search compares them: in lower case, without punctuation, each once.
///
/// Both engines index these words and not the texts, so that they find the same.
package struct SearchTerms: Sendable {
    /// Most words of one entity, and the longest word in characters.
    private static let most = 1024
    private static let longest = 64

    private var seen: Set<String> = []
    /// The words in the order of their first appearance.
    package private(set) var words: [String] = []

    package init() {}

    /// Takes the words of a text.
    package mutating func add(_ text: String) {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return addASCII(text) }
        var word = String.UnicodeScalarView()
        for scalar in text.lowercased().unicodeScalars {
            switch Self.kind(scalar) {
            case .inWord where word.count < Self.longest: word.append(scalar)
            case .inWord: break
            case .alone:
                take(&word)
                word.append(scalar)
                take(&word)
            case .between: take(&word)
            }
        }
        take(&word)
    }

    /// The same for a text of ASCII alone, which most texts are.
    private mutating func addASCII(_ text: String) {
        var word: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): word.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            default: take(&word)
            }
        }
        take(&word)
    }

    private mutating func take(_ word: inout [UInt8]) {
        guard !word.isEmpty else { return }
        take(String(decoding: word.prefix(Self.longest), as: UTF8.self))
        word.removeAll(keepingCapacity: true)
    }

    private mutating func take(_ text: String) {
        if words.count < Self.most, seen.insert(text).inserted { words.append(text) }
    }

    private mutating func take(_ word: inout String.UnicodeScalarView) {
        guard !word.isEmpty else { return }
        take(String(word))
        word.removeAll(keepingCapacity: true)
    }

    /// The words with blanks between them.
    package var text: String { words.joined(separator: " ") }

    private enum Kind {
        case inWord
        /// A word by itself, as in scripts that put no blanks between words.
        case alone
        case between
    }

    private static func kind(_ scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 0x61...0x7A, 0x30...0x39: return .inWord
        case 0...0x7F: return .between
        case 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7AF, 0x20000...0x323AF: return .alone
        default:
            let properties = scalar.properties
            return properties.isAlphabetic || properties.numericType != nil ? .inWord : .between
        }
    }
}

extension ContextAttributes {
    /// The words by which the context is found.
    package var searchText: String {
        var terms = SearchTerms()
        terms.add(name)
        if let summary { terms.add(summary) }
        if let summary = metadata.summary { terms.add(summary) }
        if let category = metadata.category { terms.add(category) }
        for tag in metadata.tags { terms.add(tag) }
        return terms.text
    }
}
