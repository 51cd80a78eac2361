/// Four counts over the last so many seconds, in ten buckets that fall out one after the other.
///
/// What they cover is between nine and ten tenths of the window.
struct SlidingCounts: Sendable {
    static let buckets = 10
    /// 32 bits hold what comes in an hour at a million a second.
    static let longestWindow = Duration.seconds(3600)

    let window: Duration
    private let width: Duration
    private(set) var ring = InlineArray<10, SIMD4<UInt32>>(repeating: .zero)
    private(set) var current = 0
    /// The current bucket ends here; compared with the time instead of dividing it.
    private(set) var bucketEnd: Moment
    private(set) var total = SIMD4<UInt32>.zero

    init(window: Duration, now: Moment) {
        self.window = min(max(window, .milliseconds(10)), Self.longestWindow)
        width = self.window / Self.buckets
        bucketEnd = now + width
    }

    mutating func add(_ counts: SIMD4<UInt32>, now: Moment) {
        if now >= bucketEnd { advance(to: now) }
        ring[current] &+= counts
        total &+= counts
    }

    mutating func advance(to now: Moment) {
        guard now >= bucketEnd else { return }
        guard now - bucketEnd < window else { return clear(now: now) }
        while now >= bucketEnd {
            current = current == Self.buckets - 1 ? 0 : current + 1
            total &-= ring[current]
            ring[current] = .zero
            bucketEnd += width
        }
    }

    mutating func clear(now: Moment) {
        ring = InlineArray(repeating: .zero)
        total = .zero
        bucketEnd = now + width
    }

    /// The counts of the window that ends at a moment.
    func total(at now: Moment) -> SIMD4<UInt32> {
        guard now >= bucketEnd else { return total }
        var copy = self
        copy.advance(to: now)
        return copy.total
    }
}
