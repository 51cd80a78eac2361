import HeddleTestSupport
import Testing

@testable import HeddleResilience

@Suite("Breaker, balancer and detector together")
struct ResilienceModelTests {
    @Test("keep their rules in every order of events")
    func exhaustive() {
        var seen: Set<[Int]> = []
        var frontier: [(world: ResilienceWorld, path: [ResilienceWorld.Action])] = [(ResilienceWorld(), [])]
        var steps = 0
        var states: Set<CircuitBreaker.State> = []
        for _ in 0..<8 {
            var next: [(world: ResilienceWorld, path: [ResilienceWorld.Action])] = []
            for (world, path) in frontier {
                for action in world.actions {
                    var world = world
                    world.apply(action)
                    steps += 1
                    guard world.violation == nil else {
                        Issue.record("\(world.violation ?? "") after \(path + [action])")
                        return
                    }
                    if seen.insert(world.key).inserted {
                        next.append((world, path + [action]))
                        states.insert(world.breaker.state)
                    }
                }
            }
            frontier = next
        }
        #expect(states == Set(CircuitBreaker.State.allCases))
        // Many thousands, or the exploration has been cut off somewhere.
        #expect(seen.count > 10_000, "\(seen.count) states by \(steps) steps")
    }

    @Test("keep their rules in long random runs, and end with all counts at zero", arguments: 1...10)
    func random(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var world = ResilienceWorld()
        for step in 0..<10_000 {
            guard let action = world.actions.randomElement(using: &random) else { return }
            world.apply(action)
            guard world.violation == nil else {
                Issue.record("\(world.violation ?? "") after \(action), seed \(seed), step \(step)")
                return
            }
        }
        while let index = world.calls.firstIndex(where: { !$0.isOver }) {
            let ends: [ResilienceWorld.Action] = [.succeed(index), .fail(index), .timeout(index), .cancel(index)]
            world.apply(ends.randomElement(using: &random) ?? .cancel(index))
        }
        #expect(world.loads == [0, 0])
        #expect(world.violation == nil)
    }
}
