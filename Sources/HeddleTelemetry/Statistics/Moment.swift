/// An instant as a number of attoseconds since the clock's epoch.
///
/// The layout of an instant is known at run time only, so that even to compare two is a call, and a heap of them is slow.
/// They are turned into numbers where they come in.
struct Moment: Sendable, Hashable, Comparable {
    private static let epoch = ContinuousClock().systemEpoch

    private let attoseconds: Int128

    private init(attoseconds: Int128) { self.attoseconds = attoseconds }

    init(_ instant: ContinuousClock.Instant) { attoseconds = (instant - Self.epoch).attoseconds }

    var instant: ContinuousClock.Instant { Self.epoch + Duration(attoseconds: attoseconds) }

    static func < (left: Moment, right: Moment) -> Bool { left.attoseconds < right.attoseconds }

    static func - (left: Moment, right: Moment) -> Duration {
        Duration(attoseconds: left.attoseconds - right.attoseconds)
    }

    static func + (left: Moment, right: Duration) -> Moment {
        Moment(attoseconds: left.attoseconds + right.attoseconds)
    }

    static func - (left: Moment, right: Duration) -> Moment {
        Moment(attoseconds: left.attoseconds - right.attoseconds)
    }

    static func += (left: inout Moment, right: Duration) { left = left + right }
}
