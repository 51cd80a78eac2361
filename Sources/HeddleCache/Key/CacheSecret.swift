/// What makes the keys of one cache unlike those of any other.
///
/// Nodes that share a cache share the secret.
package struct CacheSecret: Sendable {
    let low: UInt64
    let high: UInt64

    /// Random, and the same for as long as the process lives.
    package static let process = CacheSecret(low: .random(in: .min ... .max), high: .random(in: .min ... .max))

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}
