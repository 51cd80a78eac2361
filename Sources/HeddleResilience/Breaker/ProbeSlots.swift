/// The probes of a half-open breaker that have not reported yet.
struct ProbeSlots: Sendable {
    struct Probe: Sendable {
        let number: UInt64
        let start: Moment
    }

    /// The oldest first.
    private(set) var underWay: [Probe] = []
    private var lastNumber: UInt64 = 0

    var count: Int { underWay.count }

    /// The number of a new probe, never 0.
    mutating func take(now: Moment) -> UInt64 {
        lastNumber &+= 1
        underWay.append(Probe(number: lastNumber, start: now))
        return lastNumber
    }

    /// Whether the probe was still under way.
    mutating func giveBack(_ number: UInt64) -> Bool {
        guard let index = underWay.firstIndex(where: { $0.number == number }) else { return false }
        underWay.remove(at: index)
        return true
    }

    /// Gives those up that have been silent since before a moment.
    mutating func giveUp(startedBefore moment: Moment) {
        underWay.removeAll { $0.start <= moment }
    }

    mutating func clear() { underWay.removeAll() }
}
