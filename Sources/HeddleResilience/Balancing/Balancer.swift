/// Chooses the instance for a call.
///
/// Instances that are ejected are left out, unless all are: then one of them is better than none.
package struct Balancer: Sendable {
    /// How an instance is chosen.
    package enum Strategy: Sendable, Hashable {
        /// The least calls under way: among all up to seven, among two at random from eight up.
        case leastConnections
        case roundRobin
        /// The same instance for the same key, as long as it is there and not much busier than the others.
        case consistentHash(key: UInt64)
    }

    /// An instance that might take the call.
    package struct Candidate: Sendable, Hashable {
        /// Its own and the same for its lifetime.
        package let id: UInt64
        /// The calls under way.
        package let load: Int
        /// Whether it is left out while others are there.
        package let isEjected: Bool
        let start: Moment

        /// A candidate as it stands now.
        package init(id: UInt64, load: Int, isEjected: Bool, startedAt: ContinuousClock.Instant) {
            self.id = id
            self.load = load
            self.isEjected = isEjected
            start = Moment(startedAt)
        }

        /// Whether it may be chosen; all may when all are ejected.
        fileprivate func isUsable(_ all: Bool) -> Bool { all || !isEjected }
    }

    /// From so many instances up, two at random are compared: looking at all of them makes callers run to the same one.
    static let manyInstances = 8

    private let slowStart: Duration
    private(set) var cursor = -1

    /// A balancer; an instance younger than `slowStart` counts as more loaded with least connections, in proportion.
    package init(slowStart: Duration = .seconds(10)) {
        self.slowStart = min(max(slowStart, .zero), .seconds(3600))
    }

    /// The index of the instance to call; nil: there is none.
    ///
    /// - Parameters:
    ///   - candidates: The instances of the pool, in any order that stays.
    ///   - strategy: How to choose.
    ///   - now: The present moment.
    ///   - random: Gives 64 random bits, at most once.
    /// - Returns: An index of `candidates`.
    package mutating func choose(
        among candidates: Span<Candidate>,
        by strategy: Strategy = .leastConnections,
        now: ContinuousClock.Instant,
        random: () -> UInt64
    ) -> Int? {
        guard candidates.count > 1 else { return candidates.isEmpty ? nil : 0 }
        var usable = 0
        for index in candidates.indices where !candidates[index].isEjected { usable += 1 }
        let all = usable == 0
        if all { usable = candidates.count }
        switch strategy {
        case .leastConnections where usable >= Self.manyInstances:
            return betterOfTwo(candidates, usable, all, Moment(now), random())
        case .leastConnections:
            return leastLoaded(candidates, all, Moment(now))
        case .roundRobin:
            return next(candidates, all)
        case .consistentHash(let key):
            return highestScore(candidates, usable, all, key)
        }
    }

    /// The least loaded one; of equals, the next after the last choice.
    private mutating func leastLoaded(_ candidates: Span<Candidate>, _ all: Bool, _ now: Moment) -> Int? {
        var best: Int?
        var least = Int.max
        var index = cursor
        for _ in candidates.indices {
            index = index + 1 < candidates.count ? index + 1 : 0
            guard candidates[index].isUsable(all) else { continue }
            let load = load(of: candidates[index], now)
            guard load < least else { continue }
            least = load
            best = index
        }
        if let best { cursor = best }
        return best
    }

    private func betterOfTwo(
        _ candidates: Span<Candidate>,
        _ usable: Int,
        _ all: Bool,
        _ now: Moment,
        _ bits: UInt64
    ) -> Int? {
        // Two different ones of the usable, from one half of the bits each.
        let first = Int(((bits >> 32) * UInt64(usable)) >> 32)
        var second = Int(((bits & 0xFFFF_FFFF) * UInt64(usable - 1)) >> 32)
        if second >= first { second += 1 }
        let isComplete = usable == candidates.count
        guard let left = isComplete ? first : position(of: first, candidates, all),
            let right = isComplete ? second : position(of: second, candidates, all)
        else { return nil }
        return load(of: candidates[right], now) < load(of: candidates[left], now) ? right : left
    }

    /// Where the usable candidate with this number is.
    private func position(of number: Int, _ candidates: Span<Candidate>, _ all: Bool) -> Int? {
        var left = number
        for index in candidates.indices where candidates[index].isUsable(all) {
            if left == 0 { return index }
            left -= 1
        }
        return nil
    }

    private mutating func next(_ candidates: Span<Candidate>, _ all: Bool) -> Int? {
        var index = cursor
        for _ in candidates.indices {
            index = index + 1 < candidates.count ? index + 1 : 0
            guard candidates[index].isUsable(all) else { continue }
            cursor = index
            return index
        }
        return nil
    }

    /// Rendezvous hashing: each instance scores for the key by its id alone, so one that leaves moves only its own keys.
    ///
    /// One with more than 1.25 times the mean load is passed over; the least loaded one never is.
    private func highestScore(_ candidates: Span<Candidate>, _ usable: Int, _ all: Bool, _ key: UInt64) -> Int? {
        var total = 0
        for index in candidates.indices where candidates[index].isUsable(all) { total += bounded(candidates[index]) }
        let key = Self.mixed(key)
        var best: Int?
        var highest: UInt64 = 0
        for index in candidates.indices where candidates[index].isUsable(all) {
            guard 4 * usable * bounded(candidates[index]) <= 5 * total else { continue }
            let score = Self.score(key, candidates[index].id)
            guard best == nil || score > highest else { continue }
            highest = score
            best = index
        }
        return best
    }

    private static func score(_ key: UInt64, _ id: UInt64) -> UInt64 { mixed(key ^ mixed(id &+ 0x9E37_79B9_7F4A_7C15)) }

    /// Spreads neighbouring numbers over all 64 bits (the finaliser of SplitMix64).
    private static func mixed(_ number: UInt64) -> UInt64 {
        var bits = number
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    /// A load with which no product overflows.
    private func bounded(_ candidate: Candidate) -> Int { min(max(candidate.load, 0), 1 << 32) }

    /// The load in 1,024ths, with the call to come, so that a young instance without a call is busier than an old one.
    private func load(of candidate: Candidate, _ now: Moment) -> Int {
        let load = (bounded(candidate) + 1) << 10
        guard now < candidate.start + slowStart else { return load }
        let age = now - candidate.start
        // Ten times as busy at the most, or it would be given nothing to grow by.
        return Int(Double(load) / max(0.1, age / slowStart))
    }
}
