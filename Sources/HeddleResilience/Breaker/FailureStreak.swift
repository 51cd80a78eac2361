/// The moments of the last failures in a row, as many as it takes to open a breaker.
struct FailureStreak: Sendable {
    /// A ring once it is full; empty, and without memory, while all goes well.
    private(set) var moments: [Moment] = []
    private(set) var next = 0
    /// Failures in a row, however long ago.
    private(set) var count = 0

    /// Whether this failure is the last of `limit` in a row that all lie within the window.
    mutating func add(now: Moment, limit: Int, window: Duration) -> Bool {
        count += 1
        if moments.count > limit || (moments.count < limit && next != 0) { straighten(limit) }
        guard moments.count == limit else {
            moments.append(now)
            return moments.count == limit && now - moments[0] <= window
        }
        moments[next] = now
        next = next == limit - 1 ? 0 : next + 1
        return now - moments[next] <= window
    }

    mutating func reset() {
        guard count != 0 else { return }
        moments.removeAll()
        next = 0
        count = 0
    }

    /// The limit was changed meanwhile: the newest ones stay, in order.
    private mutating func straighten(_ limit: Int) {
        moments = Array((moments[next...] + moments[..<next]).suffix(limit))
        next = 0
    }
}
