import Dispatch
import HeddleModel
import Synchronization

/// A fixed number of reading connections, each with a thread when it is busy.
final class SQLiteReaders: Sendable {
    private struct Reader: Sendable {
        let connection: SQLiteConnection
        let queue: DispatchQueue
    }

    private typealias Job = @Sendable (SQLiteConnection) -> Void

    private struct State {
        var idle: [Reader]
        var backlog = Backlog<Job>()
        var isClosed = false
        var reads = 0
    }

    private let readers: [Reader]
    private let maximumWaiting: Int
    private let state: Mutex<State>

    /// Opens the connections.
    ///
    /// - Throws: an error of SQLite, or ``HeddleError`` when a pragma does not read as it was set.
    init(
        path: String,
        configuration: HeddleStore.Configuration
    ) throws {
        let readers = try (1...configuration.readers)
            .map { number in
                Reader(
                    connection: try SQLiteConnection(path: path, role: .reader),
                    queue: DispatchQueue(label: "heddle.store.read.\(number)")
                )
            }
        self.readers = readers
        maximumWaiting = configuration.maximumWaitingReads
        state = Mutex(State(idle: readers))
    }

    /// Runs a closure in a transaction of its own on the next free connection.
    func read<T: Sendable>(
        _ body: @escaping @Sendable (ReadTransaction) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { caller in
            do {
                try submit { connection in
                    let result = Result { try Self.run(body, on: connection) }
                    self.state.withLock { $0.reads += 1 }
                    caller.resume(with: result)
                }
            } catch {
                caller.resume(throwing: error)
            }
        }
    }

    /// Reads that wait, and reads that finished.
    var counts: (waiting: Int, finished: Int) {
        state.withLock { ($0.backlog.count, $0.reads) }
    }

    /// Refuses new reads, finishes those that wait, and closes the connections.
    func close() async {
        state.withLock { $0.isClosed = true }
        for reader in readers {
            await withCheckedContinuation { continuation in
                reader.queue.async {
                    self.serve(on: reader)
                    // Nothing was written through it; what it still holds goes with the process.
                    try? reader.connection.close()
                    continuation.resume()
                }
            }
        }
    }

    /// The connections, for tests.
    var connections: [SQLiteConnection] {
        readers.map(\.connection)
    }

    private func submit(_ job: @escaping Job) throws {
        let reader = try state.withLock { state -> Reader? in
            guard !state.isClosed else { throw HeddleError(.shuttingDown, "the store is closed") }
            guard state.backlog.count < maximumWaiting else {
                throw HeddleError(
                    .storeQueueFull,
                    "too many reads wait for the store",
                    details: ["limit": "waiting_reads", "value": String(maximumWaiting)]
                )
            }
            state.backlog.append(job)
            return state.idle.popLast()
        }
        guard let reader else { return }
        reader.queue.async { self.serve(on: reader) }
    }

    /// Runs what waits until nothing does, and lines up for more; on the reader's queue only.
    private func serve(on reader: Reader) {
        while let job = next(for: reader) {
            job(reader.connection)
        }
    }

    /// Takes what waits longest.
    ///
    /// A reader that finds nothing is idle from the same moment, or a job would be missed.
    private func next(for reader: Reader) -> Job? {
        state.withLock { state in
            guard let job = state.backlog.take(1).first else {
                state.idle.append(reader)
                return nil
            }
            return job
        }
    }

    private static func run<T>(
        _ body: (ReadTransaction) throws -> T,
        on connection: SQLiteConnection
    ) throws -> T {
        try connection.perform { session in
            do {
                try session.beginReading()
            } catch {
                throw SQLiteFailure.translate(error)
            }
            defer { session.abandon() }
            let transaction = ReadTransaction(session: session)
            return try session.lend { try body(transaction) }
        }
    }
}
