import HeddleModel
package import JSON

/// `heddle benchmark contexts`: what is done with contexts over HTTP and in process, beside what is asked of it.
package struct ContextsBenchmark: Benchmark {
    /// What is measured, and on what.
    package struct Plan: Sendable {
        /// For how long, of each measurement.
        package var seconds = 2.0
        package var callers = 32
        /// How many contexts are searched.
        package var contexts = 100_000
        /// How many contexts the memory is measured of, and how long the server is left alone then.
        package var activeContexts = 10_000
        package var idleSeconds = 10.0
        /// A database other than the embedded one, by its URL.
        package var database: String?
        /// How much longer each sync takes where the sharing of commits is measured.
        package var syncDelayMilliseconds = 5

        package init() {}

        /// The same with a share of the work.
        package func scaled(by share: Double) -> Plan {
            var plan = self
            plan.seconds = max(0.05, seconds * share)
            plan.contexts = max(2 * ContextQueries.batch, Int(Double(contexts) * share))
            plan.activeContexts = max(100, Int(Double(activeContexts) * share))
            plan.idleSeconds = max(0.2, idleSeconds * share)
            return plan
        }
    }

    private let executable: String
    private let plan: Plan

    package init(executable: String, plan: Plan) {
        self.executable = executable
        self.plan = plan
    }

    package func run(report tell: @escaping (String) -> Void) async throws -> JSONValue {
        let folder = try BenchmarkFolder(executable: executable, needsEcho: false)
        var report = BenchmarkReport(tell)
        var goals = try measureCalls(folder, &report)
        goals += try measureFootprint(folder, &report)
        // Both work on the embedded database alone.
        if plan.database == nil {
            goals += try await measureService(folder, &report)
            goals += try measureCommits(folder, tell, &report)
        }
        report.add(goals)
        return report.json(suite: "contexts")
    }

    // MARK: Parts

    private func start(_ folder: BenchmarkFolder, _ name: String) throws(HeddleError) -> ServerUnderTest {
        try ServerUnderTest(
            executable: executable,
            dataDirectory: "\(folder.path)/\(name)",
            options: plan.database.map { ["--database", $0] } ?? []
        )
    }

    private func measureCalls(
        _ folder: BenchmarkFolder,
        _ report: inout BenchmarkReport
    ) throws(HeddleError) -> [ContextGoal] {
        let server = try start(folder, "calls")
        defer { server.stop() }
        let target = ContextTarget(port: server.port, headers: server.headers)
        let health = try target.load(["/healthz"]) { path throws(HeddleError) in try target.request("GET", path) }
        func tell(_ name: String, _ callers: Int, _ record: LatencyRecord) {
            report.add(name, callers: callers, record)
        }
        _ = try health.run(callers: plan.callers, seconds: plan.seconds / 4)
        let empty = try health.run(callers: plan.callers, seconds: plan.seconds)
        tell("/healthz", plan.callers, empty)
        let records = try ContextCalls(target, callers: plan.callers, seconds: plan.seconds)
            .run { tell($0, plan.callers, $1) }
        let changes = try ContextStates(target: target, callers: plan.callers, seconds: plan.seconds).run(tell)
        let queries = try ContextQueries(
            target: target,
            callers: plan.callers,
            seconds: plan.seconds,
            contexts: plan.contexts
        )
        .run(tell)
        report.add(fact: "contexts created in batches", queries.createdPerSecond, "/s")
        var goals = ContextOperation.allCases.flatMap { operation in
            records[operation].map { operation.goals($0, isEmbedded: plan.database == nil) } ?? []
        }
        let share = records[.get].map { empty.rate > 0 ? $0.rate / empty.rate : 0 }
        goals += [
            .atMost("source, state_synchronization p95, a tenth", 20, changes.percentiles([0.95])[0]),
            .atLeast("floor, get beside the empty route", 0.5, share, "x"),
            .atLeast("floor, batch create", 50_000, queries.createdPerSecond),
            .atMost("floor, text search p95", 20, queries.search.percentiles([0.95])[0]),
            .atLeast("floor, tag and metadata filter", 1000, queries.filter.rate),
        ]
        return goals
    }

    private func measureFootprint(
        _ folder: BenchmarkFolder,
        _ report: inout BenchmarkReport
    ) throws(HeddleError) -> [ContextGoal] {
        let server = try start(folder, "footprint")
        defer { server.stop() }
        let figures = try ContextFootprint(
            target: ContextTarget(port: server.port, headers: server.headers),
            server: server,
            callers: plan.callers,
            contexts: plan.activeContexts,
            idleSeconds: plan.idleSeconds
        )
        .run()
        let base = Double(figures.base) / 1_048_576
        report.add(fact: "resident memory before", base, "MB")
        report.add(fact: "memory a context, created", figures.created / 1024, "KB")
        report.add(fact: "memory a context, all shown", figures.touched / 1024, "KB")
        report.add(fact: "idle, of one core", figures.idle, "%")
        return [
            .atMost("source, base_memory", 256, base, "MB"),
            .atMost("source, per_context", 8, figures.touched / 1_048_576, "MB"),
            .atMost("source, cpu_usage.idle, a tenth", 0.5, figures.idle, "%"),
            .atMost("floor, memory a context", 40, figures.touched / 1024, "KB"),
        ]
    }

    private func measureService(
        _ folder: BenchmarkFolder,
        _ report: inout BenchmarkReport
    ) async throws -> [ContextGoal] {
        let directory = try folder.makeDirectory("service")
        var told: [(String, LatencyRecord)] = []
        let figures = try await ContextServiceCalls(
            directory: directory,
            callers: plan.callers,
            seconds: plan.seconds,
            contexts: plan.contexts
        )
        .run { told.append(($0, $1)) }
        for (name, record) in told { report.add(name, callers: plan.callers, record) }
        report.add(fact: "reads answered from memory", figures.hitRatio, "%")
        return [
            .atLeast("floor, statistics, not kept", 100, figures.statistics.rate),
            .atLeast("source, cache hit_ratio", 85, figures.hitRatio, "%"),
            .atMost("source, cache avg_get_time, a tenth", 0.1, figures.kept.mean, "ms"),
        ]
    }

    private func measureCommits(
        _ folder: BenchmarkFolder,
        _ tell: (String) -> Void,
        _ report: inout BenchmarkReport
    ) throws -> [ContextGoal] {
        let commits = GroupCommits(executable: executable, folder: folder, seconds: plan.seconds)
        var added = report
        let plain = try commits.run(nil) { added.add("create, disk as it is", callers: $0, $1) }
        let delay = try SyncDelay(milliseconds: plan.syncDelayMilliseconds, folder: folder.path)
        let delayed = try delay.map { delay in
            try commits.run(delay) {
                added.add("create, sync + \(plan.syncDelayMilliseconds) ms", callers: $0, $1)
            }
        }
        if delay == nil { tell("create, sync delayed: skipped: no C compiler") }
        report = added
        report.add(fact: "64 writers make", plain, "x")
        if let delayed { report.add(fact: "64 writers make, sync delayed", delayed, "x") }
        return [.atLeast("floor, 64 writers of one, sync delayed", 20, delayed, "x")]
    }
}
