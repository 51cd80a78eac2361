import HeddleModel
import Synchronization

/// A closure that waits for a connection, without its type.
protocol PostgresJob: AnyObject, Sendable {
    /// Whether it may change rows.
    var isWrite: Bool { get }
    /// When it gives up waiting for a connection.
    var deadline: ContinuousClock.Instant { get }
    /// Runs the closure and keeps what came of it; false when it threw.
    func attempt(on session: PostgresSession) -> Bool
    /// Replaces what came of the closure.
    func fail(_ error: any Error)
    /// Whether what came of the closure is a value.
    var isSuccess: Bool { get }
    /// Tells the caller, once.
    func finish()
}

/// A closure that waits for a connection, with its caller.
final class PostgresRequest<Value: Sendable>: PostgresJob {
    /// What is to be run.
    enum Body: Sendable {
        case read(@Sendable (ReadTransaction) throws -> Value)
        case write(@Sendable (WriteTransaction) throws -> Value)
    }

    let deadline: ContinuousClock.Instant
    private let body: Body
    private let caller: CheckedContinuation<Value, any Error>
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    init(
        caller: CheckedContinuation<Value, any Error>,
        deadline: ContinuousClock.Instant,
        body: Body
    ) {
        self.caller = caller
        self.deadline = deadline
        self.body = body
    }

    var isWrite: Bool {
        switch body {
        case .read: false
        case .write: true
        }
    }

    func attempt(on session: PostgresSession) -> Bool {
        let result = Result {
            try session.lend {
                switch body {
                case .read(let body): try body(ReadTransaction(session: session))
                case .write(let body): try body(WriteTransaction(session: session))
                }
            }
        }
        outcome.withLock { $0 = result }
        return switch result {
        case .success: true
        case .failure: false
        }
    }

    var isSuccess: Bool {
        outcome.withLock { outcome in
            if case .success? = outcome { true } else { false }
        }
    }

    func fail(_ error: any Error) {
        outcome.withLock { $0 = .failure(error) }
    }

    func finish() {
        let outcome = outcome.withLock { stored in
            let outcome = stored
            stored = nil
            return outcome
        }
        guard let outcome else { return }
        caller.resume(with: outcome)
    }
}
