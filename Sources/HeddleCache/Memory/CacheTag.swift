/// What entries have in common that are removed together: a tool, an extension, a principal.
///
/// A keyed hash of 64 bits. Two tags that fall together, which nobody can bring about, only remove more than was asked for.
package struct CacheTag: Hashable, Sendable {
    let bits: UInt64

    /// The tag of a key, for one that has several parts.
    package init(_ key: CacheKey) { bits = key.low }

    package init(_ text: String, secret: CacheSecret = .process) {
        var hasher = CacheKey.Hasher(secret: secret)
        hasher.combine(text)
        self.init(hasher.finalize())
    }

    package init(_ number: Int, secret: CacheSecret = .process) {
        var hasher = CacheKey.Hasher(secret: secret)
        hasher.combine(number)
        self.init(hasher.finalize())
    }
}
