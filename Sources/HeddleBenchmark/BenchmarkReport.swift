import JSON

/// What a benchmark measures: told line by line as it comes, and kept for programs.
struct BenchmarkReport {
    private static let nameWidth = 40

    private let tell: (String) -> Void
    private var calls: [JSONValue] = []
    private var facts: [JSONValue] = []
    private var targets: [JSONValue] = []
    private var goals: [JSONValue] = []

    init(_ tell: @escaping (String) -> Void) {
        self.tell = tell
        tell(LatencyRecord.heading)
    }

    /// Adds what calls took.
    mutating func add(_ path: String, callers: Int, _ record: LatencyRecord) {
        tell(record.line(path, callers: callers))
        calls.append(record.json(path, callers: callers))
    }

    /// Adds a value that stands alone.
    mutating func add(fact name: String, _ value: Double, _ unit: String) {
        if facts.isEmpty { tell("") }
        tell(LatencyRecord.padded(name, Self.nameWidth) + LatencyRecord.fixed(value, 3, 10) + " " + unit)
        facts.append([
            "name": .string(name), "value": .number(LatencyRecord.fixed(value, 4, 0)), "unit": .string(unit),
        ])
    }

    /// Adds figures that are asked for, each beside what was measured.
    mutating func add(_ added: [SourceTarget]) {
        tell("")
        tell(SourceTarget.heading)
        for target in added { tell(target.line) }
        targets += added.map(\.json)
    }

    /// Adds figures that are asked for, each with whether it is reached.
    mutating func add(_ added: [ContextGoal]) {
        tell("")
        tell(ContextGoal.heading)
        for goal in added { tell(goal.line) }
        goals += added.map(\.json)
    }

    /// Everything for programs.
    func json(suite: String) -> JSONValue {
        [
            "suite": .string(suite), "calls": .array(calls), "facts": .array(facts), "targets": .array(targets),
            "goals": .array(goals),
        ]
    }
}
