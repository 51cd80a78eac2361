import HeddleTestSupport
import Testing

@testable import HeddleResilience

@Suite("The detector of outliers")
struct OutlierDetectorTests {
    private let start = ContinuousClock.now

    private func seconds(_ count: Int) -> ContinuousClock.Instant { start + .seconds(count) }

    private func detector(_ instances: Int, _ change: (inout OutlierDetector.Configuration) -> Void = { _ in })
        -> OutlierDetector
    {
        var configuration = OutlierDetector.Configuration()
        change(&configuration)
        var detector = OutlierDetector(configuration)
        for id in 0..<instances { detector.add(UInt64(id)) }
        return detector
    }

    @Test("takes an instance out at five failures in a row, which a success breaks")
    func consecutive() {
        var detector = detector(4)
        for _ in 0..<4 { #expect(detector.fail(0, at: start) == nil) }
        _ = detector.record(0, succeeded: true, began: start, now: start)
        for _ in 0..<4 { #expect(detector.fail(0, at: start) == nil) }
        #expect(detector.fail(0, at: start) == .seconds(30))
        #expect(detector.isEjected(0, now: seconds(29)))
        #expect(detector.nextReturn == seconds(30))
        #expect(!detector.isEjected(0, now: seconds(30)))
        #expect(detector.release(now: seconds(29)) == [])
        #expect(detector.release(now: seconds(30)) == [0])
        #expect(detector.release(now: seconds(30)) == [])
        #expect(detector.nextReturn == nil)
    }

    @Test("keeps it out longer each time, up to five minutes, and forgives in time")
    func backoff() {
        var detector = detector(2)
        var now = 0
        for time in [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300] {
            #expect(detector.failUntilOut(0, at: seconds(now)) == .seconds(time))
            now += time
        }
        // Nine times five minutes without being out leave two of eleven, and this is the third.
        now += 9 * 300
        #expect(detector.failUntilOut(0, at: seconds(now)) == .seconds(90))
    }

    @Test(
        "never takes out more than its share nor the last instance",
        arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (7, 3)]
    )
    func share(_ instances: Int, _ most: Int) {
        var detector = detector(instances)
        for id in 0..<instances { for _ in 0..<20 { _ = detector.fail(UInt64(id), at: start) } }
        #expect(detector.ejectedCount(now: start) == most)
        var all = self.detector(instances) { $0.maximumEjectedPercent = 100 }
        for id in 0..<instances { for _ in 0..<20 { _ = all.fail(UInt64(id), at: start) } }
        #expect(all.ejectedCount(now: start) == instances - 1)
        var none = self.detector(instances) { $0.maximumEjectedPercent = 0 }
        for id in 0..<instances { for _ in 0..<20 { _ = none.fail(UInt64(id), at: start) } }
        #expect(none.ejectedCount(now: start) == 0)
    }

    @Test("takes one that goes on failing out as soon as there is room")
    func waiting() {
        var detector = detector(2)
        #expect(detector.failUntilOut(0, at: start) == .seconds(30))
        for _ in 0..<9 { #expect(detector.fail(1, at: seconds(1)) == nil) }
        let change = detector.record(1, succeeded: false, began: seconds(1), now: seconds(30))
        #expect(change == .init(returned: [0], ejectedFor: .seconds(30)))
    }

    @Test("does not hear of calls that began before an instance came back")
    func lateResults() {
        var detector = detector(2)
        #expect(detector.failUntilOut(0, at: start) == .seconds(30))
        for _ in 0..<50 {
            #expect(detector.fail(0, at: seconds(20)) == nil)
            _ = detector.record(0, succeeded: true, began: start, now: seconds(20))
        }
        #expect(detector.nextReturn == seconds(30))
        for _ in 0..<50 {
            #expect(detector.record(0, succeeded: false, began: seconds(29), now: seconds(31)).ejectedFor == nil)
        }
        #expect(detector.instances[0].failures == 0)
        #expect(detector.failUntilOut(0, at: seconds(31)) == .seconds(60))
    }

    @Test("brings instances back when others are removed")
    func removal() {
        var detector = detector(4)
        #expect(detector.failUntilOut(0, at: start) == .seconds(30))
        #expect(detector.failUntilOut(1, at: seconds(1)) == .seconds(30))
        #expect(detector.remove(2, now: seconds(2)) == [0])
        #expect(detector.remove(1, now: seconds(2)) == [])
        #expect(detector.failUntilOut(0, at: seconds(3)) == .seconds(60))
        #expect(detector.remove(3, now: seconds(4)) == [0])
        #expect(detector.count == 1)
        #expect(detector.fail(3, at: seconds(5)) == nil)
        #expect(detector.remove(3, now: seconds(5)) == [])
        detector.add(9)
        detector.add(9)
        #expect(detector.count == 2)
    }

    @Test("keeps its rules over 100,000 random steps")
    func longRun() {
        var random = SplitMix64(seed: 3)
        var detector = detector(0) { $0.failures = 2 }
        var now = start
        var known: Set<UInt64> = []
        var out: Set<UInt64> = []
        for step in 0..<100_000 {
            now += .milliseconds(Int.random(in: 0...4000, using: &random))
            let id = UInt64.random(in: 0..<8, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                detector.add(id)
                known.insert(id)
            case 1:
                for back in detector.remove(id, now: now) { out.remove(back) }
                known.remove(id)
                out.remove(id)
            case 2:
                for back in detector.release(now: now) { out.remove(back) }
            default:
                let began = now - .seconds(Int.random(in: 0...20, using: &random))
                let change = detector.record(
                    id,
                    succeeded: Int.random(in: 0..<3, using: &random) == 0,
                    began: began,
                    now: now
                )
                for back in change.returned { out.remove(back) }
                if change.ejectedFor != nil {
                    #expect(known.contains(id) && out.insert(id).inserted)
                }
            }
            let holds =
                detector.count == known.count && detector.ejected == out.count
                && (known.isEmpty || out.count < known.count) && out.count * 2 <= known.count
                && detector.ejectedCount(now: now) <= out.count
            #expect(holds, "step \(step)")
            guard holds else { return }
        }
    }
}

extension OutlierDetector {
    mutating func fail(_ id: UInt64, at now: ContinuousClock.Instant) -> Duration? {
        record(id, succeeded: false, began: now, now: now).ejectedFor
    }

    mutating func failUntilOut(_ id: UInt64, at now: ContinuousClock.Instant) -> Duration? {
        for _ in 0..<5 {
            if let time = fail(id, at: now) { return time }
        }
        return nil
    }
}
