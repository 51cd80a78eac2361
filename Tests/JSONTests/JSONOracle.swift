/// A second reading of RFC 8259, slow and by recursion, that says what the scanner has to accept.
struct JSONOracle {
    private struct Refusal: Error {}

    private let bytes: [UInt8]
    private var position = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether a text is JSON of at most 128 levels with distinct member names.
    static func accepts(_ bytes: [UInt8]) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var oracle = JSONOracle(bytes)
        do {
            try oracle.value(depth: 0)
            oracle.space()
            return oracle.position == bytes.count
        } catch {
            return false
        }
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Character) -> Bool {
        guard let byte, byte == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func need(_ text: String) throws {
        for character in text where !take(character) { throw Refusal() }
    }

    private mutating func space() {
        while let byte, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func value(depth: Int) throws {
        space()
        switch byte.map({ Character(Unicode.Scalar($0)) }) {
        case "n": try need("null")
        case "t": try need("true")
        case "f": try need("false")
        case "\"": _ = try string()
        case "[": try list(depth: depth + 1)
        case "{": try object(depth: depth + 1)
        default: try number()
        }
    }

    private mutating func list(depth: Int) throws {
        guard depth <= 128 else { throw Refusal() }
        try need("[")
        space()
        if take("]") { return }
        repeat {
            try value(depth: depth)
            space()
        } while take(",")
        try need("]")
    }

    private mutating func object(depth: Int) throws {
        guard depth <= 128 else { throw Refusal() }
        try need("{")
        space()
        if take("}") { return }
        var names: Set<[UInt32]> = []
        repeat {
            space()
            guard names.insert(try string()).inserted else { throw Refusal() }
            space()
            try need(":")
            try value(depth: depth)
            space()
        } while take(",")
        try need("}")
    }

    /// The scalar values of a string; the text is known to be UTF-8.
    private mutating func string() throws -> [UInt32] {
        try need("\"")
        var content: [UInt8] = []
        while let byte, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw Refusal() }
            position += 1
            if byte != UInt8(ascii: "\\") {
                content.append(byte)
                continue
            }
            content += Array(String(try escape()).utf8)
        }
        try need("\"")
        return String(decoding: content, as: UTF8.self).unicodeScalars.map(\.value)
    }

    private mutating func escape() throws -> Unicode.Scalar {
        let simple: [UInt8: Unicode.Scalar] = [
            0x22: "\"", 0x5C: "\\", 0x2F: "/", 0x62: "\u{8}", 0x66: "\u{C}", 0x6E: "\n", 0x72: "\r", 0x74: "\t",
        ]
        if let byte, let scalar = simple[byte] {
            position += 1
            return scalar
        }
        let high = try unit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        try need("\\")
        let low = try unit()
        guard (0xD800..<0xDC00).contains(high), (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF)
        else { throw Refusal() }
        return scalar
    }

    private mutating func unit() throws -> UInt32 {
        try need("u")
        guard position + 4 <= bytes.count else { throw Refusal() }
        let digits = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
        guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }), let unit = UInt32(digits, radix: 16) else {
            throw Refusal()
        }
        position += 4
        return unit
    }

    private mutating func number() throws {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws {
        let start = position
        while let byte, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw Refusal() }
    }
}
