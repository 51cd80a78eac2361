import Glibc

/// Where the time of day comes from; tests pass one that stands still.
package protocol WallClock: Sendable {
    /// The time now.
    var now: Timestamp { get }
}

/// The system's time of day.
package struct SystemWallClock: WallClock {
    package init() {}

    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
    }
}
