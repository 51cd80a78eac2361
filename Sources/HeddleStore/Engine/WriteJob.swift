import Synchronization

/// A write that waits, without its type.
protocol WriteJob: AnyObject, Sendable {
    /// Runs the closure and keeps what came of it; false when it threw.
    func attempt(in transaction: WriteTransaction) -> Bool
    /// Replaces what came of the closure, because its transaction did not reach the disk.
    func fail(_ error: any Error)
    /// Tells the caller, once.
    func finish()
}

/// A write that waits, with its closure and its caller.
final class WriteRequest<Value: Sendable>: WriteJob {
    private let body: @Sendable (WriteTransaction) throws -> Value
    private let caller: CheckedContinuation<Value, any Error>
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    init(
        caller: CheckedContinuation<Value, any Error>,
        body: @escaping @Sendable (WriteTransaction) throws -> Value
    ) {
        self.caller = caller
        self.body = body
    }

    func attempt(in transaction: WriteTransaction) -> Bool {
        do {
            let value = try body(transaction)
            outcome.withLock { $0 = .success(value) }
            return true
        } catch {
            outcome.withLock { $0 = .failure(error) }
            return false
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
