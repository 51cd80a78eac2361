import Synchronization

extension SingleFlight {
    /// The value of a key, loaded once for all that ask for it at the same time.
    ///
    /// The load runs in a task of its own, with the task-local values of the caller that began it. A caller that is
    /// cancelled goes away at once; the load is cancelled when nobody waits any more.
    ///
    /// - Throws: what the load throws; `CancellationError` when the caller is cancelled; ``SingleFlightError``.
    package func value(
        for key: CacheKey,
        load: @escaping @concurrent @Sendable () async throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let seat = Seat()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                seat.wait(continuation)
                do throws(SingleFlightError) {
                    let joined = try join(key) { seat.tell($0) }
                    switch joined {
                    case .leads(let ticket):
                        begin(ticket, load)
                        seat.take(ticket, of: self)
                    case .follows(let ticket):
                        seat.take(ticket, of: self)
                    }
                } catch {
                    seat.tell(.failure(error))
                }
            }
        } onCancel: {
            seat.cancel(self)
        }
    }

    /// Unstructured on purpose: no caller's cancellation may end it.
    private func begin(_ ticket: Ticket, _ load: @escaping @concurrent @Sendable () async throws -> Value) {
        let task = Task { @concurrent in
            do {
                finish(ticket, .success(try await load()))
            } catch {
                finish(ticket, .failure(error))
            }
        }
        started(ticket) { task.cancel() }
    }

    /// Where one asynchronous caller waits; its continuation is resumed exactly once.
    private final class Seat: Sendable {
        private struct State {
            var continuation: CheckedContinuation<Value, any Error>?
            var ticket: Ticket?
            var isCancelled = false
        }

        private let state = Mutex(State())

        func wait(_ continuation: CheckedContinuation<Value, any Error>) {
            state.withLock { $0.continuation = continuation }
        }

        func tell(_ result: Result<Value, any Error>) {
            let continuation = state.withLock { $0.continuation.take() }
            continuation?.resume(with: result)
        }

        /// Knows from now on what to leave, and leaves when the caller was cancelled before.
        func take(_ ticket: Ticket, of flight: SingleFlight) {
            let isCancelled = state.withLock { state in
                state.ticket = ticket
                return state.isCancelled
            }
            if isCancelled { leave(ticket, flight) }
        }

        func cancel(_ flight: SingleFlight) {
            let ticket = state.withLock { state in
                state.isCancelled = true
                return state.ticket
            }
            if let ticket { leave(ticket, flight) }
        }

        private func leave(_ ticket: Ticket, _ flight: SingleFlight) {
            flight.leave(ticket)
            tell(.failure(CancellationError()))
        }
    }
}
