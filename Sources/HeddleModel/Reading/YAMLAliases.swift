/// A look at a YAML text before a parser gets it.
///
/// Parsers put copies in the place of aliases and compare keys deeply, so that a few lines of aliases to aliases keep them
/// busy for ever; what they return is too late to look at.
package enum YAMLAliases {
    private static let most = 16

    /// Whether so few things look like aliases (`*name` where a value can begin) that their copies cannot be many.
    ///
    /// Text in quotes is looked at too, which may refuse a file with many such words in it, and accepts no harmful one.
    package static func areFew(_ yaml: [UInt8]) -> Bool {
        var count = 0
        var previous = UInt8(ascii: "\n")
        for byte in yaml {
            if byte == UInt8(ascii: "*"), canPrecedeValue(previous) { count += 1 }
            previous = byte
        }
        return count <= most
    }

    private static func canPrecedeValue(_ byte: UInt8) -> Bool {
        // Bytes above ASCII may be other line breaks or a byte order mark.
        byte <= 0x20 || byte >= 0x80 || "[{,:?-!".utf8.contains(byte)
    }
}
