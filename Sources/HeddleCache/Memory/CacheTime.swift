/// Time inside the cache: ticks since the process first asked for them, in 64 bits.
///
/// A tick is 2^30 attoseconds, a bit more than a nanosecond, so that an instant becomes ticks with a shift where
/// nanoseconds would take a division of 128 bits.
enum CacheTime {
    private static let origin = ContinuousClock.now
    private static let shift = 30

    /// Rounded down; the ends of the range stand for all that is beyond them.
    @inline(__always)
    static func ticks(_ instant: ContinuousClock.Instant) -> Int64 { ticks(origin.duration(to: instant)) }

    @inline(__always)
    static func ticks(_ duration: Duration) -> Int64 { Int64(clamping: duration.attoseconds >> shift) }

    @inline(__always)
    static func duration(_ ticks: Int64) -> Duration { Duration(attoseconds: Int128(ticks) << shift) }

    /// The moment some time after another; time that is below zero is none.
    static func moment(_ duration: Duration, after moment: Int64) -> Int64 {
        let (sum, isOver) = moment.addingReportingOverflow(max(0, ticks(duration)))
        return isOver ? .max : sum
    }
}
