/// A UUID v4 in lower case that names one entity of one kind.
package protocol Identifier: RawRepresentable, Sendable, Hashable, CustomStringConvertible where RawValue == String {
    init(unchecked rawValue: String)
}

extension Identifier {
    /// A new random id (RFC 9562 §5.4).
    package init() {
        var generator = RandomWords.shared.pair()
        self.init(using: &generator)
    }

    /// A new id from a given source of chance.
    package init(using generator: inout some RandomNumberGenerator) {
        let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let text = String(unsafeUninitializedCapacity: 36) { text in
            var next = 0
            for index in 0..<2 {
                let word = index == 0 ? high : low
                for shift in stride(from: UInt64(60), through: 0, by: -4) {
                    if next == 8 || next == 13 || next == 18 || next == 23 {
                        text[next] = UInt8(ascii: "-")
                        next += 1
                    }
                    text[next] = Self.digit(word >> shift)
                    next += 1
                }
            }
            return next
        }
        self.init(unchecked: text)
    }

    /// Accepts the canonical form only.
    package init?(rawValue: String) {
        let bytes = Array(rawValue.utf8)
        guard bytes.count == 36, bytes[14] == UInt8(ascii: "4"),
            (UInt8(ascii: "8")...UInt8(ascii: "b")).contains(bytes[19]) || bytes[19] == UInt8(ascii: "9")
        else { return nil }
        for (index, byte) in bytes.enumerated() {
            let isDash = [8, 13, 18, 23].contains(index)
            guard isDash ? byte == UInt8(ascii: "-") : Self.isDigit(byte) else { return nil }
        }
        self.init(unchecked: rawValue)
    }

    package var description: String { rawValue }

    private static func digit(_ value: UInt64) -> UInt8 {
        let nibble = UInt8(value & 0xF)
        return nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

/// Names one request to the server, so that an error and the log can be matched.
package struct RequestID: Identifier {
    package let rawValue: String

    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// Names one execution of a capability.
package struct ExecutionID: Identifier {
    package let rawValue: String

    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}

/// Names one running process of an extension.
package struct InstanceID: Identifier {
    package let rawValue: String

    package init(unchecked rawValue: String) { self.rawValue = rawValue }
}
