/// Takes the time of consecutive stages.
struct Stopwatch {
    private(set) var laps: [(name: String, milliseconds: Int)] = []
    private var start = ContinuousClock.now

    mutating func lap(_ name: String) {
        let now = ContinuousClock.now
        laps.append((name, Int(start.duration(to: now) / .milliseconds(1))))
        start = now
    }
}
