import JSON

/// A figure that is asked for, what was measured, and whether that is enough.
struct ContextGoal {
    /// Where the figure stands in the source of Heddle's requirements, or whose floor it is.
    let name: String
    let goal: Double
    let unit: String
    /// Whether what was measured has to be at least the goal; at most, otherwise.
    let isLeast: Bool
    /// Nil where nothing was measured.
    let measured: Double?

    /// At least so many.
    static func atLeast(_ name: String, _ goal: Double, _ measured: Double?, _ unit: String = "/s") -> ContextGoal {
        ContextGoal(name: name, goal: goal, unit: unit, isLeast: true, measured: measured)
    }

    /// At most so much.
    static func atMost(_ name: String, _ goal: Double, _ measured: Double?, _ unit: String = "ms") -> ContextGoal {
        ContextGoal(name: name, goal: goal, unit: unit, isLeast: false, measured: measured)
    }

    /// Whether the goal is reached; nil where nothing was measured.
    var isMet: Bool? { measured.map { isLeast ? $0 >= goal : $0 <= goal } }
}

extension ContextGoal {
    private static let nameWidth = 50

    /// The heading over lines of ``line``.
    static let heading = LatencyRecord.padded("goal", nameWidth) + "           asked     measured"

    /// The goal as one line of a table.
    var line: String {
        let asked = (isLeast ? ">= " : "<= ") + LatencyRecord.fixed(goal, goal < 100 ? 2 : 0, 0)
        let figure = measured.map { LatencyRecord.fixed($0, $0 < 100 ? 2 : 0, 12) } ?? "           -"
        let verdict = isMet.map { $0 ? "pass" : "FAIL" } ?? "not measured"
        return LatencyRecord.padded(name, Self.nameWidth) + String(repeating: " ", count: max(0, 12 - asked.count))
            + asked + " " + LatencyRecord.padded(unit, 4) + figure + "  " + verdict
    }

    /// The goal for programs.
    var json: JSONValue {
        [
            "name": .string(name), "goal": .number(LatencyRecord.fixed(goal, 4, 0)), "unit": .string(unit),
            "bound": isLeast ? "at_least" : "at_most",
            "measured": measured.map { .number(LatencyRecord.fixed($0, 4, 0)) } ?? .null,
            "is_met": isMet.map(JSONValue.bool) ?? .null,
        ]
    }
}
