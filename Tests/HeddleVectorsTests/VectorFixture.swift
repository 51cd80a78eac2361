import HeddleModel
import HeddleTestSupport
import HeddleVectors
import Testing

/// Vectors, collections and an index without any trick that they are held against.
enum VectorFixture {
    /// Vectors around some centres, as embeddings are.
    static func vectors(_ count: Int, dimension: Int = 24, seed: UInt64 = 1) -> [[Float]] {
        var random = SplitMix64(seed: 4_711)
        let centres = (0..<20).map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) } }
        random = SplitMix64(seed: seed)
        return (0..<count)
            .map { _ in
                centres[Int.random(in: 0..<20, using: &random)]
                    .map { $0 + Float.random(in: -0.5...0.5, using: &random) }
            }
    }

    static func settings(
        _ metric: VectorMetric = .cosine,
        dimension: Int = 24,
        _ change: (inout VectorSettings) -> Void = { _ in }
    ) throws -> VectorSettings {
        var settings = try VectorSettings(dimension: dimension, metric: metric)
        settings.quantization = .int8
        settings.m = 8
        settings.efConstruction = 60
        settings.exactBelow = 100
        change(&settings)
        return settings
    }

    static func points(_ vectors: [[Float]], from first: Int = 0) -> [VectorPoint] {
        vectors.enumerated()
            .map { index, vector in
                let number = first + index
                let language = ["swift", "c", "python", "go"][number % 4]
                let payload = """
                    {"number":\(number),"language":"\(language)","path":"src/\(number % 7)/f\(number)","even":\(number % 2 == 0)}
                    """
                return VectorPoint(id: "p\(number)", vector: vector, payload: Array(payload.utf8))
            }
    }

    static func score(_ metric: VectorMetric, _ a: [Float], _ b: [Float]) -> Float {
        let dot = zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 }
        switch metric {
        case .dot: return dot
        case .cosine:
            let left = a.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
            let right = b.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
            return dot / (left * right)
        case .l2:
            return zip(a, b).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        }
    }

    /// The ids of the nearest, by looking at all.
    static func nearest(
        _ metric: VectorMetric,
        _ query: [Float],
        _ points: [String: [Float]],
        _ limit: Int = 10
    ) -> [String] {
        let scored = points.map { (score(metric, query, $0.value), $0.key) }
        let sorted = metric.isSimilarity ? scored.sorted { $0.0 > $1.0 } : scored.sorted { $0.0 < $1.0 }
        return sorted.prefix(limit).map(\.1)
    }

    /// What share of the nearest a collection finds.
    static func recall(
        _ collection: VectorCollection,
        _ points: [String: [Float]],
        _ queries: [[Float]],
        ef: Int? = nil
    ) throws -> Double {
        var hits = 0
        var wanted = 0
        for vector in queries {
            var query = VectorQuery(vector)
            query.ef = ef
            let truth = Set(nearest(collection.settings.metric, vector, points))
            wanted += truth.count
            hits += truth.intersection(try collection.search(query).map(\.id)).count
        }
        return wanted == 0 ? 1 : Double(hits) / Double(wanted)
    }

    /// Everything that a collection holds.
    static func contents(_ collection: VectorCollection) throws -> [String: VectorMatch] {
        var all: [String: VectorMatch] = [:]
        var cursor: Int?
        repeat {
            let page = try collection.scroll(after: cursor, limit: 1_000, withVector: true)
            for point in page.points {
                #expect(all[point.id] == nil, "\(point.id) is there twice")
                all[point.id] = point
            }
            cursor = page.next
        } while cursor != nil
        return all
    }
}
