package import JSON
import Synchronization

/// Takes the time of the stages that a registration goes through.
package final class StageTimes: Sendable {
    private let laps: Mutex<[(name: String, time: Duration)]>

    /// - Parameter before: A ``value`` that is gone on with, as when a version waited in between.
    package init(continuing before: JSONValue = []) {
        laps = Mutex(
            (before.array ?? [])
                .compactMap { stage in
                    guard let name = stage["name"]?.string, let time = (stage["ms"]?.text).flatMap(Double.init) else {
                        return nil
                    }
                    return (name, .microseconds(Int((time * 1000).rounded())))
                }
        )
    }

    /// Runs a stage and notes how long it took, also when it fails; the same name adds up.
    func time<Value>(_ name: String, _ stage: () throws -> Value) rethrows -> Value {
        let start = ContinuousClock.now
        defer { add(name, ContinuousClock.now - start) }
        return try stage()
    }

    /// Runs a stage and notes how long it took, also when it fails; the same name adds up.
    func time<Value>(_ name: String, _ stage: () async throws -> Value) async rethrows -> Value {
        let start = ContinuousClock.now
        defer { add(name, ContinuousClock.now - start) }
        return try await stage()
    }

    func add(_ name: String, _ time: Duration) {
        laps.withLock { laps in
            if let index = laps.firstIndex(where: { $0.name == name }) {
                laps[index].time += time
            } else {
                laps.append((name, time))
            }
        }
    }

    /// The names of the stages, in the order in which they began to end.
    package var names: [String] { laps.withLock { $0.map(\.name) } }

    /// The stages in the order in which they began to end, with milliseconds to the microsecond.
    package var value: JSONValue {
        .array(
            laps.withLock { laps in
                laps.map { name, time in
                    let microseconds = Int(time / .microseconds(1))
                    let fraction = String(1000 + microseconds % 1000).dropFirst()
                    return ["name": .string(name), "ms": .number("\(microseconds / 1000).\(fraction)")]
                }
            }
        )
    }
}
