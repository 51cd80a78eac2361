import HeddleTestSupport
import Testing

@testable import HeddleTelemetry

@Suite("The text for Prometheus")
struct PrometheusTextTests {
    private static let calls = MetricFamily(
        "heddle_calls_total",
        .counter,
        help: "Calls that ended.",
        labels: ["extension", "outcome"]
    )
    private static let load = MetricFamily("heddle_load", .gauge, help: "A \\ and\na line.", labels: ["kind"])
    private static let duration = MetricFamily(
        "heddle_call_duration_seconds",
        .histogram,
        help: "How long calls took.",
        labels: ["extension"]
    )

    private func written(_ write: (inout PrometheusText) -> Void) -> (text: String, refusals: [String]) {
        var text = PrometheusText()
        write(&text)
        return (String(decoding: text.take(), as: UTF8.self), text.refusals)
    }

    @Test("is what the format says, to the byte")
    func exact() {
        let (text, refusals) = written { text in
            text.begin(Self.calls)
            text.add(["time", "ok"], 12)
            text.add(["a\"b\\c\nd", "\r}"], 3.5)
            text.begin(Self.load)
            text.add(["x"], Double.nan)
            text.add(["y"], -Double.infinity)
            text.add(["z"], Double.infinity)
            text.begin(MetricFamily("heddle_up", .gauge, help: "Up."))
            text.add([], 1)
        }
        #expect(
            text == """
                # HELP heddle_calls_total Calls that ended.
                # TYPE heddle_calls_total counter
                heddle_calls_total{extension="time",outcome="ok"} 12
                heddle_calls_total{extension="a\\"b\\\\c\\nd",outcome="\r}"} 3.5
                # HELP heddle_load A \\\\ and\\na line.
                # TYPE heddle_load gauge
                heddle_load{kind="x"} NaN
                heddle_load{kind="y"} -Inf
                heddle_load{kind="z"} +Inf
                # HELP heddle_up Up.
                # TYPE heddle_up gauge
                heddle_up 1

                """
        )
        #expect(refusals.isEmpty)
    }

    @Test("has histograms with cumulative buckets, a sum and a count")
    func histogram() throws {
        var some = LatencyHistogram()
        for nanoseconds: UInt64 in [1, 500_000, 500_001, 2_000_000, 90_000_000_000] { some.add(nanoseconds) }
        let (text, refusals) = written { text in
            text.begin(Self.duration)
            text.add(["time"], some)
            text.add(["quiet"], LatencyHistogram())
        }
        #expect(refusals.isEmpty)
        let family = try #require(try ExpositionParser(text).families["heddle_call_duration_seconds"])
        #expect(family.samples.count == 2 * (LogLinear.prometheusBounds.count + 3))
        let buckets = family.samples.filter { $0.labels["extension"] == "time" && $0.labels["le"] != nil }
        #expect(buckets.prefix(4).map(\.value) == ["2", "3", "4", "4"])
        #expect(buckets.suffix(2).map(\.labels["le"]) == ["60.0", "+Inf"])
        #expect(buckets.suffix(2).map(\.value) == ["4", "5"])
        #expect(family.samples.first { $0.name.hasSuffix("_sum") }?.value == "90.003000002")
        #expect(family.samples.last?.value == "0")
    }

    @Test("gives every label and help back as it was", arguments: 1...3)
    func escapes(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let alphabet: [Character] = ["\\", "\"", "\n", "n", "{", "}", ",", "=", " ", "ä", "\u{1F9F5}", "\t"]
        var values: Set<String> = [""]
        for _ in 0..<300 {
            values.insert(
                String(
                    (0..<Int.random(in: 0...8, using: &random))
                        .compactMap { _ in alphabet.randomElement(using: &random) }
                )
            )
        }
        let (text, _) = written { text in
            text.begin(Self.load)
            for value in values { text.add([value], 1) }
        }
        let family = try #require(try ExpositionParser(text).families["heddle_load"])
        #expect(Set(family.samples.compactMap { $0.labels["kind"] }) == values)
        #expect(family.help == "A \\ and\na line.")
    }

    @Test(
        "leaves families out that the format does not allow, with all their values",
        arguments: [
            MetricFamily("1st_total", .counter, help: ""),
            MetricFamily("", .gauge, help: ""),
            MetricFamily("heddle-load", .gauge, help: ""),
            MetricFamily("heddle_löad", .gauge, help: ""),
            MetricFamily("heddle_calls", .counter, help: ""),
            MetricFamily("heddle_load_total", .gauge, help: ""),
            MetricFamily("heddle_time_bucket", .gauge, help: ""),
            MetricFamily("heddle_time_count", .histogram, help: ""),
            MetricFamily("heddle_load", .gauge, help: "", labels: ["a:b"]),
            MetricFamily("heddle_load", .gauge, help: "", labels: [""]),
            MetricFamily("heddle_load", .gauge, help: "", labels: ["__name"]),
            MetricFamily("heddle_load", .gauge, help: "", labels: ["0"]),
            MetricFamily("heddle_load", .gauge, help: "", labels: ["le"]),
            MetricFamily("heddle_load", .gauge, help: "", labels: ["a", "a"]),
        ]
    )
    func refusedFamilies(_ family: MetricFamily) {
        let (text, refusals) = written { text in
            text.begin(family)
            text.add(family.labels.map(\.description), 1)
        }
        #expect(text.isEmpty)
        #expect(refusals.count == 1)
        #expect(family.problem != nil)
    }

    @Test("leaves out values that do not fit their family, and a family that comes again")
    func refusedValues() throws {
        let (text, refusals) = written { text in
            text.add(["before any family"], 1)
            text.begin(Self.load)
            text.add([], 1)
            text.add(["a", "b"], 1)
            text.add(["a"], LatencyHistogram())
            text.add(["a"], 1)
            text.begin(Self.duration)
            text.add(["a"], 1)
            text.begin(Self.load)
            text.add(["b"], 1)
        }
        #expect(refusals.count == 5)
        let parser = try ExpositionParser(text)
        #expect(parser.order == ["heddle_load", "heddle_call_duration_seconds"])
        #expect(parser.families["heddle_load"]?.samples.count == 1)
        var many = PrometheusText()
        many.begin(Self.load)
        for _ in 0..<1000 { many.add([], 1) }
        #expect(many.refusals.count == 100)
    }

    @Test("comes in pieces that together are the whole")
    func pieces() throws {
        var text = PrometheusText()
        var whole: [UInt8] = []
        text.begin(Self.calls)
        text.add(["a", "b"], UInt64.max)
        whole += text.take()
        text.add(["a", "c"], -1)
        text.begin(Self.load)
        text.add(["d"], 1e300)
        whole += text.take()
        #expect(text.take().isEmpty)
        let parser = try ExpositionParser(String(decoding: whole, as: UTF8.self))
        #expect(parser.order == ["heddle_calls_total", "heddle_load"])
        #expect(parser.families["heddle_calls_total"]?.samples.map(\.value) == ["18446744073709551615", "-1"])
    }
}
