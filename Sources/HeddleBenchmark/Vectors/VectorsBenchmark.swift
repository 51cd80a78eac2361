import FoundationEssentials
import Glibc
import HeddleModel
package import HeddleVectors
package import JSON

/// A collection of given vectors: how long it takes to build, how quickly and how well it is searched, what it weighs.
package struct VectorsBenchmark: Benchmark {
    /// What is measured, and on what.
    package struct Plan: Sendable {
        package var vectors: String
        /// A file of queries; nothing takes some of the vectors, which are left out of the collection then.
        package var queries: String?
        package var recalls = [0.95, 0.99]
        package var metric = VectorMetric.cosine
        package var quantization = VectorQuantization.int8
        package var m = 16
        package var efConstruction = 200
        /// Threads of each build.
        package var threads = [1, 2]
        package var maximumQueries = 2_000
        package var limit = 10
        package var upserts = 10_000
        /// Where the collections are made; nothing is a temporary folder.
        package var folder: String?

        package init(vectors: String) {
            self.vectors = vectors
        }
    }

    private let plan: Plan

    package init(plan: Plan) {
        self.plan = plan
    }

    package func run(report: @escaping (String) -> Void) async throws -> JSONValue {
        let subjects = try VectorSubjects(plan)
        let folder = try WorkFolder(plan.folder)
        report("\(subjects.count) vectors of \(subjects.dimension) dimensions, \(subjects.queries.count) queries")
        var result = JSONObject()
        result["suite"] = "vectors"
        result["vectors"] = .integer(subjects.count)
        result["dimension"] = .integer(subjects.dimension)
        result["queries"] = .integer(subjects.queries.count)
        result["quantization"] = .string(plan.quantization.rawValue)
        result["m"] = .integer(plan.m)
        result["ef_construction"] = .integer(plan.efConstruction)
        var builds: [JSONValue] = []
        var last: VectorCollection?
        for threads in plan.threads {
            last?.close()
            let build = try await build(subjects, folder.path + "/build-\(threads)", threads)
            report("build, threads \(threads): \(Self.text(build.seconds)) s, upserts \(Int(build.rate))/s")
            builds.append([
                "threads": .integer(threads), "seconds": Self.number(build.seconds),
                "upserts_per_second": .integer(Int(build.rate)),
            ])
            if threads == plan.threads.last { result["build_seconds"] = Self.number(build.seconds) }
            last = build.collection
        }
        guard var collection = last else { throw HeddleError(.invalidRequest, "no threads to build with") }
        result["builds"] = .array(builds)
        let optimized = MonotonicClock.now
        try await collection.optimize()
        result["optimize_seconds"] = Self.number(Self.seconds(since: optimized))
        collection.close()
        let opened = MonotonicClock.now
        collection = try VectorCollection.open(folder: collection.folder)
        let openMilliseconds = Self.seconds(since: opened) * 1_000
        result["open_ms"] = Self.number(openMilliseconds)
        report("open: \(Self.text(openMilliseconds)) ms")
        defer { collection.close() }
        let searches = VectorSearches(collection: collection, subjects: subjects, limit: plan.limit)
        result["recall_targets"] = .array(try searches.targets(plan.recalls, report))
        result["filters"] = .array(try searches.filters(report))
        let info = try collection.info()
        let data = Double(subjects.count * subjects.dimension * 4)
        result["index_bytes"] = .integer(info.memoryBytes)
        result["index_over_data"] = Self.number(Double(info.memoryBytes) / data)
        result["field_bytes"] = .integer(info.fieldBytes)
        result["disk_bytes"] = .integer(info.diskBytes)
        report("memory of the index over the data: \(Self.text(Double(info.memoryBytes) / data))")
        result["upserts_per_second"] = .integer(try await upserts(collection, subjects))
        report("durable upserts into the collection: \(result["upserts_per_second"]?.integer ?? 0)/s")
        return .object(result)
    }

    private func build(
        _ subjects: VectorSubjects,
        _ path: String,
        _ threads: Int
    ) async throws -> (collection: VectorCollection, seconds: Double, rate: Double) {
        var settings = try VectorSettings(dimension: subjects.dimension, metric: plan.metric)
        settings.quantization = plan.quantization
        settings.m = plan.m
        settings.efConstruction = plan.efConstruction
        settings.fields = ["bucket": .integer]
        var options = VectorCollection.Options()
        options.threads = threads
        let collection = try VectorCollection.create(folder: path, settings: settings, options: options)
        let start = MonotonicClock.now
        try await collection.upsert(count: subjects.count) { subjects.point($0) }
        let stored = Self.seconds(since: start)
        while true {
            let info = try collection.info()
            if info.linked == info.points || info.points <= settings.exactBelow { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        return (collection, Self.seconds(since: start), Double(subjects.count) / stored)
    }

    private func upserts(_ collection: VectorCollection, _ subjects: VectorSubjects) async throws -> Int {
        let count = min(plan.upserts, subjects.count)
        let start = MonotonicClock.now
        try await collection.upsert(count: count) { number in
            let point = subjects.point(number)
            return VectorPoint(id: "again-\(number)", vector: point.vector, payload: point.payload)
        }
        return Int(Double(count) / Self.seconds(since: start))
    }

    static func seconds(since start: UInt64) -> Double { Double(MonotonicClock.now - start) / 1e9 }

    static func number(_ value: Double) -> JSONValue { .number(LatencyRecord.fixed(value, 4, 0)) }

    static func text(_ value: Double) -> String { LatencyRecord.fixed(value, 4, 0) }

    /// A folder that is removed with what is in it.
    private final class WorkFolder {
        let path: String

        init(_ parent: String?) throws {
            let parent = parent ?? FileManager.default.temporaryDirectory.path
            path = "\(parent)/heddle-vectors-\(UUID().uuidString.lowercased())"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }
}
