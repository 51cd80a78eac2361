import Synchronization

/// A closed loop of callers in this process: each makes the next call when it has the answer to the last.
struct TaskLoad {
    let callers: Int
    /// For how long calls are made; nil for as long as there is something to do.
    let seconds: Double?

    /// Makes calls for a time, or until there is nothing left to do.
    ///
    /// - Parameters:
    ///   - most: How many calls there are to make.
    ///   - call: Makes one, given its number.
    /// - Returns: All latencies.
    /// - Throws: what a call throws.
    func run(
        most: Int = .max,
        _ call: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> LatencyRecord {
        let next = Counter()
        let start = MonotonicClock.now
        let end = seconds.map { start + UInt64($0 * 1e9) } ?? .max
        return try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<callers {
                group.addTask { @concurrent in
                    var latencies: [UInt64] = []
                    var began = MonotonicClock.now
                    while began < end {
                        let number = next.take()
                        guard number < most else { break }
                        try await call(number)
                        let now = MonotonicClock.now
                        latencies.append(now - began)
                        began = now
                    }
                    return latencies
                }
            }
            var record = LatencyRecord()
            for try await latencies in group {
                for latency in latencies { record.add(latency) }
            }
            record.elapsed = MonotonicClock.now - start
            return record
        }
    }

    private final class Counter: Sendable {
        private let value = Atomic<Int>(0)

        func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
    }
}
