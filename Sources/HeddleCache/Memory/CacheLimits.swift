/// How much a cache may hold.
package struct CacheLimits: Sendable, Hashable {
    /// More than any machine has room for.
    package static let maximumEntries = 1 << 26

    package let entries: Int
    /// The sum of what the callers say of their values.
    package let bytes: Int

    /// Limits that below zero are zero: such a cache holds nothing.
    package init(entries: Int, bytes: Int) {
        self.entries = min(max(0, entries), Self.maximumEntries)
        self.bytes = max(0, bytes)
    }

    /// The share of a shard; all of them together are no more than the whole.
    func share(_ shard: Int, of count: Int) -> CacheLimits {
        CacheLimits(
            entries: entries / count + (shard < entries % count ? 1 : 0),
            bytes: bytes / count
        )
    }
}
