/// A clock without its type, which has counted since it was made.
struct Stopwatch: Sendable {
    /// The time that has passed.
    let elapsed: @Sendable () -> Duration
    /// Waits, unless the task is cancelled.
    let sleep: @Sendable (Duration) async throws -> Void

    init<Source: Clock<Duration>>(_ clock: Source) {
        let start = clock.now
        elapsed = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
    }
}
