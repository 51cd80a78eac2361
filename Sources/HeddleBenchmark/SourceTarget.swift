import JSON

/// A figure that the source of Heddle's requirements names, beside what was measured here.
struct SourceTarget {
    /// Where it stands in the source, such as `simple_extension.registration_time.p50`.
    let name: String
    let target: Double
    let unit: String
    /// Nil where Heddle does no such thing.
    let measured: Double?
    /// What was measured, or why nothing was.
    let subject: String

    init(_ name: String, milliseconds target: Double, _ measured: Double?, _ subject: String) {
        self.init(name, target, "ms", measured, subject)
    }

    private init(_ name: String, _ target: Double, _ unit: String, _ measured: Double?, _ subject: String) {
        self.name = name
        self.target = target
        self.unit = unit
        self.measured = measured
        self.subject = subject
    }

    /// The targets of one operation: milliseconds that so many of a hundred may take, and how many a second there should be.
    static func times(
        _ name: String,
        p50: Double,
        p95: Double,
        p99: Double,
        rate: Double? = nil,
        of record: LatencyRecord,
        _ subject: String
    ) -> [SourceTarget] {
        let measured = record.percentiles([0.5, 0.95, 0.99])
        let times = zip(["p50", "p95", "p99"], zip([p50, p95, p99], measured))
            .map { SourceTarget("\(name).\($0)", milliseconds: $1.0, $1.1, subject) }
        return times + (rate.map { [SourceTarget("\(name).throughput", $0, "/s", record.rate, subject)] } ?? [])
    }
}

extension SourceTarget {
    private static let nameWidth = 64
    private static let figureWidth = 10

    /// The heading over lines of ``line``.
    static let heading =
        LatencyRecord.padded("figure of the source", nameWidth) + "    target      measured      of what"

    /// The target as one line of a table.
    var line: String {
        let figure =
            measured.map { LatencyRecord.fixed($0, 3, Self.figureWidth) + " " + unit }
            ?? LatencyRecord.padded("", Self.figureWidth - 1) + "-"
        return LatencyRecord.padded(name, Self.nameWidth) + LatencyRecord.fixed(target, 0, 7) + " "
            + LatencyRecord.padded(unit, 2) + LatencyRecord.padded(figure, Self.figureWidth + 3) + "  " + subject
    }

    /// The target for programs.
    var json: JSONValue {
        [
            "name": .string(name), "target": .number(LatencyRecord.fixed(target, 0, 0)), "unit": .string(unit),
            "measured": measured.map { .number(LatencyRecord.fixed($0, 4, 0)) } ?? .null, "of": .string(subject),
        ]
    }
}
