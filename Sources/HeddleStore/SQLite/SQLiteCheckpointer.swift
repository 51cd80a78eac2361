import Dispatch
import GRDB
import Logging
import Synchronization

/// Moves the log into the database file, on a connection and a thread of its own, so that no write waits for it.
///
/// A passive checkpoint takes no lock a writer or reader would notice, but under constant load it never quite catches
/// up, and the log grows. Past a second threshold the log starts over, which makes writers wait a moment. Its file
/// keeps its size, because syncing blocks that are there is cheaper than syncing new ones; only past a third
/// threshold, after a long read pinned it, is the file cut.
final class SQLiteCheckpointer: Sendable {
    /// The sizes of the log in bytes that set it off.
    struct Thresholds: Sendable {
        var passive = 4 << 20
        var restarting = 32 << 20
        var truncating = 128 << 20
    }

    private struct State {
        var isScheduled = false
        /// The frames that the last checkpoint left behind it or had to leave alone.
        var settledFrames = 0
        var logFrames = 0
        var checkpoints = 0
        var restarts = 0
        var truncations = 0
    }

    private let connection: SQLiteConnection
    private let writer: SQLiteConnection
    private let thresholds: Thresholds
    private let frameBytes: Int
    private let logger: Logger
    private let queue = DispatchQueue(label: "heddle.store.checkpoint")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - connection: a connection of its own.
    ///   - writer: the connection that writes, which has to stand still while the log starts over.
    ///   - thresholds: when to do what.
    ///   - logger: where failures go.
    /// - Throws: an error of SQLite, when the size of a page cannot be read.
    init(
        connection: SQLiteConnection,
        writer: SQLiteConnection,
        thresholds: Thresholds,
        logger: Logger
    ) throws {
        self.connection = connection
        self.writer = writer
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
            statistics.checkpoints = state.checkpoints
            statistics.restartingCheckpoints = state.restarts
            statistics.truncatingCheckpoints = state.truncations
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
        connection.perform { session in
            let isComplete = checkpoint(.passive, in: session)
            let bytes = state.withLock { $0.logFrames * frameBytes }
            // While a reader pins the log, starting it over would fail, and make all writers wait for that.
            guard isComplete, bytes >= thresholds.restarting else { return }
            // SQLite's own lock is tried for by turns, and on a slow disk a busy writer hardly ever leaves it: the log
            // would grow without end. The queue of the writer's connection is fair.
            _ = writer.perform { _ in
                checkpoint(bytes >= thresholds.truncating ? .truncate : .restart, in: session)
            }
        }
        state.withLock { $0.isScheduled = false }
    }

    /// Runs one checkpoint; false when something was left in the log.
    @discardableResult
    private func checkpoint(
        _ mode: Database.CheckpointMode,
        in session: SQLiteSession
    ) -> Bool {
        do {
            let (frames, settled) = try session.database.checkpoint(mode)
            state.withLock { state in
                // What a reader pins is tried again when the log has grown by another threshold.
                state.settledFrames = frames
                state.checkpoints += 1
                switch mode {
                case .restart:
                    state.restarts += 1
                    state.logFrames = 0
                    state.settledFrames = 0
                case .truncate:
                    state.truncations += 1
                    state.logFrames = frames
                case .passive, .full:
                    break
                }
            }
            return settled == frames
        } catch DatabaseError.SQLITE_BUSY {
            logger.debug("a checkpoint gave way to a reader")
        } catch {
            logger.error("a checkpoint failed", metadata: ["error": "\(error)"])
        }
        state.withLock { $0.settledFrames = $0.logFrames }
        return false
    }
}
