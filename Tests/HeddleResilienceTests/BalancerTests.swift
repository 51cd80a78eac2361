import HeddleTestSupport
import Testing

@testable import HeddleResilience

@Suite("The balancer")
struct BalancerTests {
    private let start = ContinuousClock.now
    private var random = SplitMix64(seed: 5)

    private func candidates(_ loads: [Int], ejected: Set<Int> = [], age: Duration = .seconds(60)) -> [Balancer
        .Candidate]
    {
        loads.enumerated()
            .map { index, load in
                Balancer.Candidate(
                    id: UInt64(index),
                    load: load,
                    isEjected: ejected.contains(index),
                    startedAt: start - age
                )
            }
    }

    private mutating func choose(
        _ balancer: inout Balancer,
        _ candidates: [Balancer.Candidate],
        _ strategy: Balancer.Strategy = .leastConnections
    ) -> Int? {
        balancer.choose(among: candidates.span, by: strategy, now: start) { random.next() }
    }

    @Test("has no choice among none, and one among one")
    mutating func few() {
        var balancer = Balancer()
        for strategy in [Balancer.Strategy.leastConnections, .roundRobin, .consistentHash(key: 1)] {
            #expect(choose(&balancer, [], strategy) == nil)
            #expect(choose(&balancer, candidates([9]), strategy) == 0)
            #expect(choose(&balancer, candidates([9], ejected: [0]), strategy) == 0)
            #expect(choose(&balancer, candidates([1, 9, 1], ejected: [0, 2]), strategy) == 1)
        }
    }

    @Test("takes the least loaded of a few, and equals by turns")
    mutating func leastConnections() {
        var balancer = Balancer()
        for _ in 0..<5 { #expect(choose(&balancer, candidates([3, 1, 2])) == 1) }
        var counts = [0, 0, 0, 0]
        for _ in 0..<300 { counts[choose(&balancer, candidates([0, 5, 0, 0])) ?? 1] += 1 }
        #expect(counts == [100, 0, 100, 100])
        #expect(choose(&balancer, candidates([0, 5, 4], ejected: [0])) == 2)
    }

    @Test("compares two different random ones of many, each pair as often")
    mutating func twoChoices() {
        var balancer = Balancer()
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<20_000 { counts[choose(&balancer, candidates(Array(0..<10))) ?? 0] += 1 }
        // Number k is the lesser of 9 - k pairs out of 45.
        for (index, count) in counts.enumerated() { #expect(abs(count - 20_000 * (9 - index) / 45) < 400) }
        let some = candidates(Array(repeating: 1, count: 16), ejected: [0, 3, 7, 8])
        var seen: Set<Int> = []
        for _ in 0..<2000 { if let index = choose(&balancer, some) { seen.insert(index) } }
        #expect(seen == Set(0..<16).subtracting([0, 3, 7, 8]))
        // Nine, of which seven are usable: an exact minimum again.
        let few = candidates([9, 9, 9, 0, 9, 9, 9, 1, 1], ejected: [7, 8])
        for _ in 0..<50 { #expect(choose(&balancer, few) == 3) }
    }

    @Test("keeps loads even when many calls come and go")
    mutating func evenness() {
        var balancer = Balancer()
        for size in [3, 7, 8, 40] {
            var loads = [Int](repeating: 0, count: size)
            for _ in 0..<(size * 50) {
                guard let index = choose(&balancer, candidates(loads)) else { continue }
                loads[index] += 1
            }
            let spread = (loads.max() ?? 0) - (loads.min() ?? 0)
            #expect(spread <= (size < 8 ? 1 : 6), "\(loads)")
        }
    }

    @Test("takes turns")
    mutating func roundRobin() {
        var balancer = Balancer()
        let some = candidates([5, 0, 9, 1], ejected: [2])
        let order = (0..<6).map { _ in choose(&balancer, some, .roundRobin) }
        #expect(order == [0, 1, 3, 0, 1, 3])
        #expect(choose(&balancer, candidates([1, 1]), .roundRobin) == 0)
    }

    @Test("chooses among all when all are ejected")
    mutating func panic() {
        var balancer = Balancer()
        let all: Set<Int> = [0, 1, 2]
        #expect(choose(&balancer, candidates([3, 1, 2], ejected: all)) == 1)
        #expect(choose(&balancer, candidates([3, 1, 2], ejected: all), .roundRobin) == 2)
        #expect(choose(&balancer, candidates([3, 1, 2], ejected: all), .consistentHash(key: 4)) != nil)
        let many = candidates(Array(repeating: 1, count: 9), ejected: Set(0..<9))
        #expect((0..<200).reduce(into: Set<Int?>()) { seen, _ in seen.insert(choose(&balancer, many)) }.count == 9)
    }

    @Test("moves only the keys of an instance that leaves, and spreads keys evenly")
    mutating func consistentHash() {
        var balancer = Balancer()
        let all = candidates(Array(repeating: 0, count: 5))
        let fewer = all.filter { $0.id != 2 }
        var counts = [Int](repeating: 0, count: 5)
        for key: UInt64 in 0..<5000 {
            let before = choose(&balancer, all, .consistentHash(key: key)).map { all[$0].id } ?? 9
            counts[Int(before)] += 1
            let after = choose(&balancer, fewer, .consistentHash(key: key)).map { fewer[$0].id } ?? 9
            #expect(before == 2 ? after != 2 : after == before)
            let shuffled = all.reversed() as [Balancer.Candidate]
            #expect(choose(&balancer, shuffled, .consistentHash(key: key)).map { shuffled[$0].id } == before)
        }
        #expect(counts.allSatisfy { abs($0 - 1000) < 150 }, "\(counts)")
    }

    @Test("gives no instance more than a quarter above the mean, whatever the key")
    mutating func boundedLoad() {
        var balancer = Balancer()
        var loads = [Int](repeating: 0, count: 6)
        for step in 0..<600 {
            guard let index = choose(&balancer, candidates(loads), .consistentHash(key: 7)) else { continue }
            #expect(Double(loads[index] + 1) <= 1.25 * Double(step) / 6 + 1)
            loads[index] += 1
        }
        #expect(loads.reduce(0, +) == 600)
        // The favourite is the busiest, by its bound only.
        #expect((loads.max() ?? 0) > 100 && (loads.max() ?? 0) <= 126)
    }

    @Test("counts a young instance as more loaded, in proportion, up to ten times")
    mutating func slowStart() {
        let old = candidates([4]).first
        func pair(_ load: Int, _ age: Duration) -> [Balancer.Candidate] {
            [old, Balancer.Candidate(id: 1, load: load, isEjected: false, startedAt: start - age)].compactMap(\.self)
        }
        var balancer = Balancer(slowStart: .seconds(10))
        // Five calls with the one to come against two at half its age: four of ten.
        #expect(choose(&balancer, pair(1, .seconds(5))) == 1)
        #expect(choose(&balancer, pair(2, .seconds(5))) == 0)
        #expect(choose(&balancer, pair(0, .seconds(1))) == 0)
        #expect(choose(&balancer, pair(3, .seconds(10))) == 1)
        // From the future, or just started: ten times, not infinitely.
        let busy = candidates([10, 0])
            .map {
                Balancer.Candidate(
                    id: $0.id,
                    load: $0.load,
                    isEjected: false,
                    startedAt: start - .seconds($0.id == 0 ? 60 : -5)
                )
            }
        #expect(choose(&balancer, busy) == 1)
        var off = Balancer(slowStart: .zero)
        #expect(choose(&off, pair(3, .zero)) == 1)
    }

    @Test("takes loads that no pool has")
    mutating func extremes() {
        var balancer = Balancer()
        let odd = candidates([.max, .min, -1])
        for strategy in [Balancer.Strategy.leastConnections, .roundRobin, .consistentHash(key: .max)] {
            #expect(choose(&balancer, odd, strategy) != nil)
        }
    }
}
