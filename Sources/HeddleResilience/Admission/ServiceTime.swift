/// A moving average of how long calls take: the last eight count most.
struct ServiceTime: Sendable {
    private var attoseconds: Int128 = 0

    var average: Duration { Duration(attoseconds: attoseconds) }

    mutating func add(_ duration: Duration) {
        // Bounded (by 39 years), so that no product overflows; a shift, because a division takes longer than all the rest.
        let sample = min(max(duration.attoseconds, 0), 1 << 90)
        attoseconds = attoseconds == 0 ? sample : attoseconds + ((sample - attoseconds) >> 3)
    }

    /// How long it takes until so many calls that are served a few at a time have begun.
    func wait(for calls: Int, slots: Int) -> Duration {
        Duration(attoseconds: attoseconds * Int128(calls) / Int128(max(slots, 1)))
    }
}
