/// How one call went: the steps that took time, under an id that can be looked for elsewhere.
package struct CallTrace: Sendable {
    /// 16 random bytes in hexadecimal (W3C Trace Context).
    package let traceID = hexadecimal() + hexadecimal()
    /// 8 random bytes in hexadecimal.
    package let spanID = hexadecimal()
    /// What happened one after the other, and how long each took.
    package private(set) var steps: [(name: StaticString, time: Duration)] = []
    private var last: ContinuousClock.Instant

    init(since start: ContinuousClock.Instant) {
        last = start
    }

    /// Notes that a step has ended.
    mutating func step(_ name: StaticString, now: ContinuousClock.Instant = .now) {
        steps.append((name, now - last))
        last = now
    }

    private static func hexadecimal() -> String {
        // All zeros name no trace.
        let digits = String(UInt64.random(in: 1 ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
