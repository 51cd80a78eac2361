import Synchronization

/// Makes one load of the concurrent misses of a key.
///
/// The first that joins leads: it begins the load, says how to cancel it with ``started(_:cancel:)`` and what came of it
/// with ``finish(_:_:)``. The others follow and are told the same. A load goes on for as long as anybody waits, no matter
/// who began it; when the last has left, it is cancelled, and who comes then leads a new one.
///
/// No closure is called under the lock, so that a waiter may join again.
package final class SingleFlight<Value: Sendable>: Sendable {
    /// Hears what came of a load, at most once.
    package typealias Waiter = @Sendable (Result<Value, any Error>) -> Void

    package typealias Ticket = FlightTicket

    /// What a caller has to do after it joined.
    package enum Joined: Sendable {
        /// To begin the load.
        case leads(Ticket)
        /// To wait.
        case follows(Ticket)
    }

    private final class Waiting: Sendable {
        let tell: Waiter

        init(_ tell: @escaping Waiter) { self.tell = tell }
    }

    private let table = Mutex(FlightTable())
    private let maximumWaiters: Int

    /// Makes one without flights.
    ///
    /// - Parameter maximumWaiters: how many may wait for one load.
    package init(maximumWaiters: Int = 10_000) {
        self.maximumWaiters = max(1, maximumWaiters)
    }

    /// Joins the load of a key.
    ///
    /// - Throws: ``SingleFlightError`` with `full` when too many wait for it already.
    package func join(_ key: CacheKey, waiter: @escaping Waiter) throws(SingleFlightError) -> Joined {
        let waiting = Waiting(waiter)
        let ticket = table.withLock { $0.join(key, waiting, limit: maximumWaiters) }
        guard let ticket else { throw SingleFlightError(code: .full, limit: maximumWaiters) }
        return ticket.seat == ticket.flight ? .leads(ticket) : .follows(ticket)
    }

    /// Leads the load of a key unless somebody does so already.
    ///
    /// - Returns: a leader's ticket, or nil.
    package func lead(_ key: CacheKey, waiter: @escaping Waiter) -> Ticket? {
        let waiting = Waiting(waiter)
        return table.withLock { table in
            table.isOpen(key) ? nil : table.join(key, waiting, limit: maximumWaiters)
        }
    }

    /// Says how to cancel the load that the holder of a leader's ticket has begun; called at once when all have left.
    package func started(_ ticket: Ticket, cancel: @escaping @Sendable () -> Void) {
        let isWanted = table.withLock { $0.started(ticket, cancel: cancel) }
        if !isWanted { cancel() }
    }

    /// Tells all that wait what came of the load, in the order in which they joined.
    ///
    /// Nobody is told when all have left or it was said before. The ticket is the leader's, even if the leader has left.
    ///
    /// - Returns: how many were told.
    @discardableResult
    package func finish(_ ticket: Ticket, _ result: Result<Value, any Error>) -> Int {
        guard let flight = table.withLock({ $0.finish(ticket) }) else { return 0 }
        if let leader = flight.leader { tell(leader, result) }
        if !flight.followers.isEmpty {
            for (_, waiter) in flight.followers.sorted(by: { $0.key < $1.key }) { tell(waiter, result) }
        }
        return flight.count
    }

    private func tell(_ waiter: any CachedObject, _ result: Result<Value, any Error>) {
        // No other objects are put in.
        unsafeDowncast(waiter, to: Waiting.self).tell(result)
    }

    /// Gives up a place.
    ///
    /// - Returns: whether the waiter is told nothing any more; false when it was told or is being told right now.
    @discardableResult
    package func leave(_ ticket: Ticket) -> Bool {
        let (waiter, abandoned) = table.withLock { $0.leave(ticket) }
        abandoned?.cancel?()
        return waiter != nil
    }

    /// Loads that somebody waits for.
    package var count: Int { table.withLock { $0.flights.count } }

    /// Callers that wait for a load.
    package var waiters: Int { table.withLock { $0.flights.values.reduce(0) { $0 + $1.count } } }
}

/// Why a caller cannot join a load.
package struct SingleFlightError: Error, Sendable, Hashable {
    package enum Code: Sendable, Hashable {
        /// As many wait as may.
        case full
    }

    package let code: Code
    /// The limit that was reached.
    package let limit: Int
}

extension SingleFlightError: CustomStringConvertible {
    package var description: String { "\(limit) callers wait for this load already" }
}
