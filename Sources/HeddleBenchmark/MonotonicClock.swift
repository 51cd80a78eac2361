import Glibc

/// Nanoseconds of the monotonic clock, read without allocating.
enum MonotonicClock {
    static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Lets time pass on this thread.
    static func wait(_ seconds: Double) {
        let end = now + UInt64(seconds * 1e9)
        while now < end { usleep(useconds_t(min(100_000, (end - min(end, now)) / 1000 + 1))) }
    }
}
