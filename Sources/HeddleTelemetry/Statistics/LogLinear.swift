/// Buckets of durations whose width grows with the duration, with limits that people read: every 1-2-5 step is one.
///
/// Each decade from 1 µs to 1 h has 160: fifty steps of 0.02 from 1 to 2, sixty of 0.05 from 2 to 5, fifty of 0.1 from 5 to 10,
/// so a bucket is at most 2.5 % wide. Five in a row are a coarse one, at most 12.5 % wide. A bucket contains its upper limit, as
/// those of Prometheus do.
package enum LogLinear {
    /// The buckets of a decade.
    static let perDecade = 160
    /// The fine buckets in a coarse one.
    static let coarseness = 5
    /// What is shorter counts in the first bucket.
    static let least: UInt64 = 1_000
    /// What is longer counts in the last one.
    static let most: UInt64 = 3_600_000_000_000
    /// All buckets, the last of which ends at an hour.
    static let count = 9 * perDecade + 82

    private static let powers: InlineArray<14, UInt64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000,
    ]

    /// What to multiply by, before a shift, in place of dividing by the power that leaves three digits.
    ///
    /// A division of 64 bits takes longer than everything else here. Each is 2^(64 + shift) over the power, rounded up, which is
    /// exact below 2^63.
    private static let reciprocals: InlineArray<14, UInt64> = [
        0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0x0000_0000_0000_0000, 0xCCCC_CCCC_CCCC_CCCD,
        0xA3D7_0A3D_70A3_D70B, 0x8312_6E97_8D4F_DF3C, 0xD1B7_1758_E219_652C, 0xA7C5_AC47_1B47_8424,
        0x8637_BD05_AF6C_69B6, 0xD6BF_94D5_E57A_42BD, 0xABCC_7711_8461_CEFD, 0x8970_5F41_36B4_A598,
        0xDBE6_FECE_BDED_D5BF, 0xAFEB_FF0B_CB24_AAFF,
    ]
    private static let shifts: InlineArray<14, UInt64> = [0, 0, 0, 3, 6, 9, 13, 16, 19, 23, 26, 29, 33, 36]

    /// The bucket of a number of nanoseconds.
    @inline(__always)
    static func index(of nanoseconds: UInt64) -> Int {
        // One less, so that a limit belongs to the bucket it ends.
        let value = min(max(nanoseconds, least + 1), most) &- 1
        // The decimal digits less one: log2 times log10(2), and one too many before the next power of ten.
        var exponent = ((64 &- value.leadingZeroBitCount) &* 1233) >> 12
        if value < powers[exponent] { exponent &-= 1 }
        let mantissa = value.multipliedFullWidth(by: reciprocals[exponent]).high &>> shifts[exponent]
        // Three lines, each the lowest where it is meant.
        let step = min((mantissa &- 100) / 2, (mantissa &+ 50) / 5, (mantissa &+ 600) / 10)
        return (exponent &- 3) &* perDecade &+ Int(truncatingIfNeeded: step)
    }

    /// The longest duration of a bucket, in nanoseconds.
    static func upperLimit(of index: Int) -> UInt64 { limit(index + 1) }

    /// What a bucket's durations are longer than, in nanoseconds.
    static func lowerLimit(of index: Int) -> UInt64 { limit(index) }

    private static func limit(_ number: Int) -> UInt64 {
        let (decade, step) = number.quotientAndRemainder(dividingBy: perDecade)
        let mantissa =
            switch step {
            case ..<50: 100 + 2 * step
            case ..<110: 5 * step - 50
            default: 10 * step - 600
            }
        return UInt64(mantissa) * powers[decade + 1]
    }

    /// An upper limit of the buckets that Prometheus is shown.
    package struct Bound: Sendable, Hashable {
        /// The limit itself.
        package let nanoseconds: UInt64
        /// In seconds, as the text has it.
        package let label: String
    }

    /// The limits that Prometheus is shown; all are limits of coarse buckets too.
    package static let prometheusBounds: [Bound] = [
        Bound(nanoseconds: 500_000, label: "0.0005"), Bound(nanoseconds: 1_000_000, label: "0.001"),
        Bound(nanoseconds: 2_500_000, label: "0.0025"), Bound(nanoseconds: 5_000_000, label: "0.005"),
        Bound(nanoseconds: 10_000_000, label: "0.01"), Bound(nanoseconds: 25_000_000, label: "0.025"),
        Bound(nanoseconds: 50_000_000, label: "0.05"), Bound(nanoseconds: 100_000_000, label: "0.1"),
        Bound(nanoseconds: 250_000_000, label: "0.25"), Bound(nanoseconds: 500_000_000, label: "0.5"),
        Bound(nanoseconds: 1_000_000_000, label: "1.0"), Bound(nanoseconds: 2_500_000_000, label: "2.5"),
        Bound(nanoseconds: 5_000_000_000, label: "5.0"), Bound(nanoseconds: 10_000_000_000, label: "10.0"),
        Bound(nanoseconds: 30_000_000_000, label: "30.0"), Bound(nanoseconds: 60_000_000_000, label: "60.0"),
    ]
}
