extension CacheKey {
    /// Makes a key of all that an entry depends on, part by part.
    ///
    /// The parts count as they are given: `"ab"` and `"c"` make another key than `"a"` and `"bc"`, and a number another
    /// than a text of the same bytes.
    package struct Hasher: Sendable {
        private var state: SipHash
        private var words = 0

        package init(secret: CacheSecret = .process) { state = SipHash(secret) }

        /// Each part is a word with its kind and length and then its bytes, filled up with zeros to whole words.
        package mutating func combine(_ bytes: Span<UInt8>) {
            state.absorb(UInt64(bytes.count) << 1 | 1)
            let rest = state.absorb(bytes)
            if bytes.count % 8 != 0 { state.absorb(rest) }
            words &+= 1 + (bytes.count + 7) / 8
        }

        package mutating func combine(_ bytes: [UInt8]) { combine(bytes.span) }

        package mutating func combine(_ bytes: ArraySlice<UInt8>) { combine(bytes.span) }

        /// Takes the UTF-8 of a text; canonically equivalent texts differ.
        package mutating func combine(_ text: String) { combine(text.utf8.span) }

        package mutating func combine(_ number: Int) {
            state.absorb(0)
            state.absorb(UInt64(bitPattern: Int64(number)))
            words &+= 2
        }

        package mutating func combine(_ key: CacheKey) {
            state.absorb(2)
            state.absorb(key.high)
            state.absorb(key.low)
            words &+= 3
        }

        /// The key of the parts so far.
        package consuming func finalize() -> CacheKey { state.finish(count: words &* 8) }
    }
}
