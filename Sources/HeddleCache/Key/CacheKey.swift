/// What a cache knows an entry by: a keyed hash of all that the entry depends on.
///
/// Two keys that are equal are taken for the same question, since the question itself is not kept. Without the secret
/// nobody can find two questions with one key (see ``Hasher``).
package struct CacheKey: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Half of the bits are as random as all of them.
    package func hash(into hasher: inout Swift.Hasher) { hasher.combine(low) }
}

extension CacheKey: CustomStringConvertible {
    /// 32 hexadecimal digits.
    package var description: String { Self.hexadecimal(high) + Self.hexadecimal(low) }

    private static func hexadecimal(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
