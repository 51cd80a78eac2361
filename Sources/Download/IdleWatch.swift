import Synchronization

/// Notices when the other side has sent nothing for too long.
///
/// Time that goes by while the disk is written does not count.
final class IdleWatch: Sendable {
    private let stopwatch: Stopwatch
    private let limit: Duration
    private let failure: DownloadError
    private let waitingSince: Mutex<Duration?>

    /// A watch that waits from now on.
    init(_ stopwatch: Stopwatch, limit: Duration, failure: DownloadError) {
        self.stopwatch = stopwatch
        self.limit = limit
        self.failure = failure
        waitingSince = Mutex(stopwatch.elapsed())
    }

    /// Something came, which is looked at now.
    func pause() { waitingSince.withLock { $0 = nil } }

    /// The next thing may come.
    func resume() {
        let now = stopwatch.elapsed()
        waitingSince.withLock { $0 = now }
    }

    /// Waits until nothing has come for too long.
    ///
    /// - Throws: an ``Interruption``, or `CancellationError`.
    func run() async throws -> Never {
        while true {
            let now = stopwatch.elapsed()
            let left = limit - (now - (waitingSince.withLock { $0 } ?? now))
            guard left > .zero else { throw Interruption(error: failure) }
            try await stopwatch.sleep(left)
        }
    }
}
