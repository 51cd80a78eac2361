/// The name of an extension: 1 to 64 of `a-z 0-9 - _`, starting with a letter or digit, without `__`.
///
/// The rule keeps `name__tool` unambiguous at `/mcp` and the name safe as a folder and in a URL.
package struct ExtensionName: Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    /// Checks the rule.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when the text breaks it.
    package init(_ rawValue: String) throws(HeddleError) {
        let bytes = rawValue.utf8
        let isAllowed = bytes.allSatisfy { byte in
            switch byte {
            case 0x61...0x7A, 0x30...0x39, 0x2D, 0x5F: true
            default: false
            }
        }
        guard (1...64).contains(bytes.count), isAllowed, let first = bytes.first, first != 0x2D, first != 0x5F,
            !rawValue.contains("__"), bytes.last != 0x5F
        else {
            throw HeddleError(
                .invalidRequest,
                "an extension's name is 1 to 64 of a-z, 0-9, '-' and single '_', starting with a letter or digit",
                details: ["name": String(rawValue.prefix(80))]
            )
        }
        self.rawValue = rawValue
    }

    /// A name by the rule that is like another program's title; `server` when nothing of that can stay.
    ///
    /// It leaves room for a number behind it.
    package init(like title: String) {
        var text = ""
        for byte in title.lowercased().utf8 {
            let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
            if isPlain {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else if !text.isEmpty, text.last != "-", text.last != "_" {
                text += byte == UInt8(ascii: "_") ? "_" : "-"
            }
        }
        text = String(text.prefix(56))
        while let last = text.last, last == "-" || last == "_" { text.removeLast() }
        rawValue = text.isEmpty ? "server" : text
    }

    package var description: String { rawValue }

    /// The rule as a schema.
    package static let shape = Shape.matching(
        "^(?!.*__)[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9-])?$",
        "1 to 64 of a-z, 0-9, '-' and single '_', starting with a letter or digit"
    )
}
