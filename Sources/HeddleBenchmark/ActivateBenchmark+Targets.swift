extension ActivateBenchmark {
    /// The source's figures for activations.
    ///
    /// Its parts are not told apart here: a part is held against the whole activation, which it is less than.
    static func targets(
        busy: LatencyRecord,
        alone: LatencyRecord,
        intelligent: LatencyRecord,
        capable: LatencyRecord,
        needingOne: LatencyRecord,
        needingFive: LatencyRecord,
        complex: LatencyRecord
    ) -> [SourceTarget] {
        let (ai, many) = ("startup_time.ai_extension", "startup_time.complex_extension")
        var targets = SourceTarget.times(
            "startup_time.simple_extension",
            p50: 1000,
            p95: 3000,
            p99: 6000,
            rate: 100,
            of: busy,
            "activate, 16 callers"
        )
        targets += SourceTarget.times(ai, p50: 5000, p95: 12_000, p99: 25_000, of: intelligent, "activate, type ai")
        targets += [
            SourceTarget("\(ai).model_loading", milliseconds: 3000, nil, "extensions load their own models"),
            SourceTarget(
                "\(ai).capability_registration",
                milliseconds: 1000,
                intelligent.mean,
                "all of activate, type ai"
            ),
        ]
        targets += SourceTarget.times(
            many,
            p50: 8000,
            p95: 20_000,
            p99: 40_000,
            of: complex,
            "activate, 10 tools, needs 5"
        )
        targets += [
            SourceTarget(
                "\(many).integration_setup",
                milliseconds: 4000,
                complex.mean,
                "all of activate, 10 tools, needs 5"
            ),
            SourceTarget(
                "\(many).capability_discovery",
                milliseconds: 2000,
                complex.mean,
                "all of activate, 10 tools, needs 5"
            ),
        ]
        targets += SourceTarget.times(
            "capability_registration.single_capability",
            p50: 100,
            p95: 300,
            p99: 600,
            of: alone,
            "all of activate, 1 caller"
        )
        targets += SourceTarget.times(
            "capability_registration.multiple_capabilities",
            p50: 500,
            p95: 1500,
            p99: 3000,
            of: capable,
            "all of activate, 10 tools"
        )
        targets += SourceTarget.times(
            "integration_setup.single_module_integration",
            p50: 200,
            p95: 600,
            p99: 1200,
            of: needingOne,
            "all of activate, needs 1"
        )
        targets += SourceTarget.times(
            "integration_setup.multi_module_integration",
            p50: 800,
            p95: 2000,
            p99: 4000,
            of: needingFive,
            "all of activate, needs 5"
        )
        return targets
    }
}
