/// Bytes as pairs of hexadecimal digits.
enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The digits of bytes, in lower case.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Whether a text is a checksum: 64 digits of either case.
    static func isSHA256(_ text: String) -> Bool {
        text.utf8.count == 64 && text.lowercased().utf8.allSatisfy(digits.contains)
    }
}
