/// The name of a wheel's file, which says what it is and where it runs: `name-version(-build)?-python-abi-platform.whl`.
struct WheelName: Sendable, Hashable {
    let file: String
    /// The distribution as the index knows it.
    let distribution: String

    /// Takes a name that can be nothing but a wheel in its folder.
    init?(_ file: String) {
        let parts = file.dropLast(4).split(separator: "-", omittingEmptySubsequences: false)
        guard file.hasSuffix(".whl"), file.utf8.count <= 255, 5...6 ~= parts.count,
            parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isPlain) }), parts[0].first != ".",
            // A build tag begins with a digit.
            parts.count == 5 || parts[2].first?.isNumber == true
        else { return nil }
        self.file = file
        distribution = PythonRequirement.normalized(String(parts[0]))
        guard !distribution.isEmpty else { return nil }
    }

    /// Takes the last part of an address, without its fragment and with what is encoded in it decoded.
    init?(url: String) {
        let path = url.prefix { $0 != "#" && $0 != "?" }
        guard url.utf8.count <= 4096, let last = path.split(separator: "/", omittingEmptySubsequences: false).last,
            let name = Self.decoded(last)
        else { return nil }
        self.init(name)
    }

    /// A part of an address without its percent signs; nil when they stand for no bytes.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.first != UInt8(ascii: "+"),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "_.+!".contains(character))
    }
}
