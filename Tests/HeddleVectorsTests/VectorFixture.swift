import CHeddleKernels
import Foundation
import HeddleModel
import HeddleTestSupport
import HeddleVectors
import Testing

/// Vectors, collections and an index without any trick that they are held against.
enum VectorFixture {
    /// Whether the index's tests run: it is in development, and one of its threads is known not to rest after some refusals.
    static let isAsked = ProcessInfo.processInfo.environment["HEDDLE_TEST_VECTORS"] != nil

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

    /// A score by the plain kernels, which are quick in a debug build too.
    static func score(_ metric: VectorMetric, _ a: [Float], _ b: [Float]) -> Float {
        let plain = heddle_kernels_scalar().pointee
        switch metric {
        case .dot: return plain.dot_f32(a, b, a.count)
        case .cosine:
            let lengths = plain.dot_f32(a, a, a.count) * plain.dot_f32(b, b, b.count)
            return plain.dot_f32(a, b, a.count) / lengths.squareRoot()
        case .l2: return plain.l2_f32(a, b, a.count).squareRoot()
        }
    }

    /// The ids of the nearest, by looking at all.
    static func nearest(
        _ metric: VectorMetric,
        _ query: [Float],
        _ points: [String: [Float]],
        _ limit: Int = 10
    ) -> [String] {
        var scored: [(distance: Float, id: String)] = []
        scored.reserveCapacity(points.count)
        for (id, vector) in points {
            let score = score(metric, query, vector)
            scored.append((metric.isSimilarity ? -score : score, id))
        }
        return scored.sorted { $0.distance < $1.distance }.prefix(limit).map(\.id)
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
