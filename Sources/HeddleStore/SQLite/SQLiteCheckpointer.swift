import Dispatch
import GRDB
import Logging
import Synchronization

/// Moves the log into the database file, on a connection and a thread of its own, so that no write waits for it.
///
/// A passive checkpoint takes no lock a writer or reader would notice, but under constant load it never quite catches
/// up, and the log grows. Past a second threshold it is emptied for good, which makes writers wait a moment.
final class SQLiteCheckpointer: Sendable {
    /// The sizes of the log in bytes that set it off.
    struct Thresholds: Sendable {
        var passive = 4 << 20
        var truncating = 32 << 20
    }

    private struct State {
        var isScheduled = false
        /// The frames that the last checkpoint left behind it or had to leave alone.
        var settledFrames = 0
        var logFrames = 0
        var passive = 0
        var truncating = 0
    }

    private let connection: SQLiteConnection
    private let thresholds: Thresholds
    private let frameBytes: Int
    private let logger: Logger
    private let queue = DispatchQueue(label: "heddle.store.checkpoint")
    private let state = Mutex(State())

    init(
        connection: SQLiteConnection,
        thresholds: Thresholds,
        logger: Logger
    ) throws {
        self.connection = connection
        self.thresholds = thresholds
        self.logger = logger
        let page = try connection.perform { try SQLitePragmas.read("page_size", in: $0.database) }
        // A frame is a page behind a header of 24 bytes.
        frameBytes = (Int(page) ?? 4_096) + 24
    }

    /// Looks at the log after a commit that left it with so many frames.
    func logGrew(to frames: Int) {
        let isDue = state.withLock { state in
            // The writer started over at the head of the log.
            if frames < state.logFrames {
                state.settledFrames = 0
            }
            state.logFrames = frames
            guard !state.isScheduled, (frames - state.settledFrames) * frameBytes >= thresholds.passive else {
                return false
            }
            state.isScheduled = true
            return true
        }
        if isDue {
            queue.async { self.run() }
        }
    }

    /// Checkpoints that ran, and the size of the log now.
    func report(into statistics: inout StoreStatistics) {
        state.withLock { state in
            statistics.checkpoints = state.passive
            statistics.truncatingCheckpoints = state.truncating
            statistics.logBytes = state.logFrames * frameBytes
        }
    }

    /// Empties the log and closes the connection; everybody else has closed theirs or is idle.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.async {
                do {
                    try self.connection.close { self.checkpoint(.truncate, in: $0) }
                } catch {
                    self.logger.warning("closing the checkpoint connection failed", metadata: ["error": "\(error)"])
                }
                continuation.resume()
            }
        }
    }

    private func run() {
        connection.perform { checkpoint(.passive, in: $0) }
        let isFar = state.withLock { $0.logFrames * frameBytes >= thresholds.truncating }
        if isFar {
            connection.perform { checkpoint(.truncate, in: $0) }
        }
        state.withLock { $0.isScheduled = false }
    }

    private func checkpoint(
        _ mode: Database.CheckpointMode,
        in session: SQLiteSession
    ) {
        do {
            let frames = try session.database.checkpoint(mode).walFrameCount
            state.withLock { state in
                state.settledFrames = frames
                state.passive += 1
                if mode == .truncate {
                    state.truncating += 1
                    state.logFrames = frames
                }
            }
        } catch DatabaseError.SQLITE_BUSY {
            // A long read pins the log. The next try is due when it has grown by another threshold.
            state.withLock { $0.settledFrames = $0.logFrames }
            logger.debug("a checkpoint gave way to a reader")
        } catch {
            state.withLock { $0.settledFrames = $0.logFrames }
            logger.error("a checkpoint failed", metadata: ["error": "\(error)"])
        }
    }
}
