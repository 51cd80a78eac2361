extension RegistryBenchmark {
    /// The source's figures for registrations; a figure without a percentile is held against the average.
    static func targets(_ measured: [Registrations]) -> [SourceTarget] {
        measured.flatMap { kind in
            switch kind.kind {
            case "simple": simple(kind)
            case "type-ai": intelligent(kind)
            case "capabilities-10": capable(kind)
            default: complex(kind)
            }
        }
    }

    private static func simple(_ kind: Registrations) -> [SourceTarget] {
        let (name, calls) = ("simple_extension", "register, \(kind.kind)")
        func validation(_ part: String, _ target: Double, _ stage: String) -> SourceTarget {
            SourceTarget(
                "\(name).validation_time.\(part)",
                milliseconds: target,
                kind.stage(stage).mean,
                "stage \(stage)"
            )
        }
        return SourceTarget.times(
            "\(name).registration_time",
            p50: 150,
            p95: 400,
            p99: 800,
            rate: 200,
            of: kind.calls,
            calls
        ) + [
            validation("manifest_validation", 50, "manifest"),
            validation("security_validation", 200, "security"),
            validation("dependency_resolution", 300, "dependencies"),
            validation("compatibility_check", 100, "compatibility"),
        ]
            + SourceTarget.times(
                "\(name).resource_allocation",
                p50: 25,
                p95: 75,
                p99: 150,
                rate: 500,
                of: kind.stage("resources"),
                "stage resources"
            )
    }

    private static func complex(_ kind: Registrations) -> [SourceTarget] {
        SourceTarget.times(
            "complex_extension.registration_time",
            p50: 800,
            p95: 2000,
            p99: 4000,
            rate: 50,
            of: kind.calls,
            "register, \(kind.kind)"
        )
    }

    private static func intelligent(_ kind: Registrations) -> [SourceTarget] {
        let name = "complex_extension.ai_extension"
        return [
            SourceTarget("\(name).registration_time", milliseconds: 1200, kind.calls.mean, "register, \(kind.kind)"),
            SourceTarget(
                "\(name).model_validation",
                milliseconds: 500,
                nil,
                "extensions bring and check their own models"
            ),
            SourceTarget(
                "\(name).capability_analysis",
                milliseconds: 400,
                kind.stage("manifest").mean,
                "stage manifest"
            ),
            SourceTarget("\(name).security_scan", milliseconds: 300, kind.stage("security").mean, "stage security"),
        ]
    }

    private static func capable(_ kind: Registrations) -> [SourceTarget] {
        let name = "complex_extension.multi_capability_extension"
        let graph = kind.stage("dependencies").mean
        return [
            SourceTarget("\(name).registration_time", milliseconds: 1500, kind.calls.mean, "register, \(kind.kind)"),
            SourceTarget(
                "\(name).interface_validation",
                milliseconds: 600,
                kind.stage("manifest").mean,
                "stage manifest"
            ),
            SourceTarget("\(name).dependency_graph_analysis", milliseconds: 400, graph, "stage dependencies"),
        ]
    }
}
