/// A place in a flight.
package struct FlightTicket: Sendable, Hashable {
    package let key: CacheKey
    let flight: UInt64
    let seat: UInt64
}

/// Who waits for which load.
///
/// Not generic, since this is on the way of each miss: waiters are objects here, and those who put them in know what they
/// are.
struct FlightTable {
    /// One load that somebody waits for.
    struct Flight {
        let number: UInt64
        /// The waiter of the one who leads apart from the others: mostly there are none.
        var leader: (any CachedObject)?
        var followers: [UInt64: any CachedObject] = [:]
        var cancel: (@Sendable () -> Void)?

        var count: Int { followers.count + (leader == nil ? 0 : 1) }
    }

    private(set) var flights: [CacheKey: Flight] = [:]
    /// The number of the last flight or seat.
    private var last: UInt64 = 0

    /// Whether a key has a flight.
    func isOpen(_ key: CacheKey) -> Bool { flights[key] != nil }

    /// Adds a waiter.
    ///
    /// - Returns: its ticket, which is a leader's if the seat is the flight; nil when as many wait as may.
    mutating func join(_ key: CacheKey, _ waiter: any CachedObject, limit: Int) -> FlightTicket? {
        last += 1
        guard let index = flights.index(forKey: key) else {
            flights[key] = Flight(number: last, leader: waiter)
            return FlightTicket(key: key, flight: last, seat: last)
        }
        let flight = flights.values[index].number
        guard flights.values[index].count < limit else { return nil }
        flights.values[index].followers[last] = waiter
        return FlightTicket(key: key, flight: flight, seat: last)
    }

    private func index(_ ticket: FlightTicket) -> Dictionary<CacheKey, Flight>.Index? {
        guard let index = flights.index(forKey: ticket.key), flights.values[index].number == ticket.flight else {
            return nil
        }
        return index
    }

    /// Keeps how a load is cancelled.
    ///
    /// - Returns: false when nobody waits for it any more.
    mutating func started(_ ticket: FlightTicket, cancel: @escaping @Sendable () -> Void) -> Bool {
        guard let index = index(ticket) else { return false }
        flights.values[index].cancel = cancel
        return true
    }

    /// Ends a flight.
    ///
    /// - Returns: the flight with those who have to be told; nil when nobody waits for it.
    mutating func finish(_ ticket: FlightTicket) -> Flight? {
        index(ticket).map { flights.remove(at: $0).value }
    }

    /// Takes a waiter out, and the flight too when it was the last one.
    mutating func leave(_ ticket: FlightTicket) -> (waiter: (any CachedObject)?, abandoned: Flight?) {
        guard let index = index(ticket) else { return (nil, nil) }
        let waiter =
            ticket.seat == ticket.flight
            ? flights.values[index].leader.take()
            : flights.values[index].followers.removeValue(forKey: ticket.seat)
        guard flights.values[index].count == 0 else { return (waiter, nil) }
        return (waiter, flights.remove(at: index).value)
    }
}
