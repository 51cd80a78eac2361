import HeddleModel
import HeddleVectors
import JSON

/// Searches of one collection, measured on one thread and held against a look at all vectors.
struct VectorSearches {
    let collection: VectorCollection
    let subjects: VectorSubjects
    let limit: Int
    private static let rounds = 3

    /// One way to search, as it was measured.
    private struct Outcome {
        var recall = 0.0
        var record = LatencyRecord()
    }

    private func query(_ vector: [Float], _ filter: VectorFilter? = nil) -> VectorQuery {
        var query = VectorQuery(vector, limit: limit)
        query.withPayload = false
        query.filter = filter
        return query
    }

    private func truths(_ filter: VectorFilter?, _ vectors: [[Float]]) throws -> [Set<String>] {
        try vectors.map { vector in
            var query = query(vector, filter)
            query.exact = true
            return Set(try collection.search(query).map(\.id))
        }
    }

    private func measure(
        _ ef: Int?,
        _ filter: VectorFilter?,
        _ vectors: [[Float]],
        _ truths: [Set<String>],
        rounds: Int
    ) throws -> Outcome {
        var best: Outcome?
        for _ in 0..<rounds {
            var outcome = Outcome()
            var hits = 0
            var wanted = 0
            let start = MonotonicClock.now
            for (vector, truth) in zip(vectors, truths) {
                var query = query(vector, filter)
                query.ef = ef
                let asked = MonotonicClock.now
                let matches = try collection.search(query)
                outcome.record.add(MonotonicClock.now - asked)
                wanted += truth.count
                for match in matches where truth.contains(match.id) { hits += 1 }
            }
            outcome.record.elapsed = MonotonicClock.now - start
            outcome.recall = wanted == 0 ? 1 : Double(hits) / Double(wanted)
            if best.map({ outcome.record.elapsed < $0.record.elapsed }) ?? true { best = outcome }
        }
        return best ?? Outcome()
    }

    /// The least `ef` that reaches each recall, and how quick it is.
    func targets(_ recalls: [Double], _ report: (String) -> Void) throws -> [JSONValue] {
        let truths = try truths(nil, subjects.queries)
        return try recalls.map { target in
            var low = limit
            var high = limit
            while high < 4_096, try measure(high, nil, subjects.queries, truths, rounds: 1).recall < target {
                low = high + 1
                high *= 2
            }
            while low < high {
                let middle = (low + high) / 2
                if try measure(middle, nil, subjects.queries, truths, rounds: 1).recall >= target {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            let outcome = try measure(high, nil, subjects.queries, truths, rounds: Self.rounds)
            report(line("recall \(target): ef \(high), \(VectorsBenchmark.text(outcome.recall))", outcome))
            var json = json(outcome)
            json["target"] = .number(LatencyRecord.fixed(target, 4, 0))
            json["ef"] = .integer(high)
            return .object(json)
        }
    }

    /// Searches that half, a twentieth and a thousandth of the vectors may answer.
    func filters(_ report: (String) -> Void) throws -> [JSONValue] {
        let vectors = Array(subjects.queries.prefix(200))
        return try [500, 50, 1]
            .map { buckets in
                let filter = VectorFilter.range("bucket", 0, buckets - 1)
                let truths = try truths(filter, vectors)
                let outcome = try measure(nil, filter, vectors, truths, rounds: Self.rounds)
                report(line("filter \(Double(buckets) / 10) %: \(VectorsBenchmark.text(outcome.recall))", outcome))
                var json = json(outcome)
                json["percent"] = .number(LatencyRecord.fixed(Double(buckets) / 10, 1, 0))
                return .object(json)
            }
    }

    private func line(_ name: String, _ outcome: Outcome) -> String {
        let times = outcome.record.percentiles([0.5, 0.95]).map { LatencyRecord.fixed($0, 4, 9) }.joined()
        return LatencyRecord.padded(name, 34) + LatencyRecord.fixed(outcome.record.rate, 0, 9)
            + " queries/s, p50, p95 ms"
            + times
    }

    private func json(_ outcome: Outcome) -> JSONObject {
        let times = outcome.record.percentiles([0.5, 0.95])
        var json = JSONObject()
        json["recall"] = VectorsBenchmark.number(outcome.recall)
        json["queries_per_second"] = .integer(Int(outcome.record.rate))
        json["p50_ms"] = VectorsBenchmark.number(times[0])
        json["p95_ms"] = VectorsBenchmark.number(times[1])
        return json
    }
}
