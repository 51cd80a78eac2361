import HeddleModel
import HeddleVectors

/// The vectors of a benchmark, and what is asked of them.
struct VectorSubjects: Sendable {
    let queries: [[Float]]
    /// How many vectors are stored.
    let count: Int
    var dimension: Int { vectors.dimension }
    private let vectors: VectorFile
    /// Every so many vectors one is a query instead; 0 is never.
    private let step: Int

    init(_ plan: VectorsBenchmark.Plan) throws {
        let vectors = try VectorFile(path: plan.vectors)
        self.vectors = vectors
        if let path = plan.queries {
            let file = try VectorFile(path: path)
            guard file.dimension == vectors.dimension else {
                throw HeddleError(
                    .invalidRequest,
                    "the queries have \(file.dimension) dimensions and the vectors \(vectors.dimension)"
                )
            }
            queries = (0..<min(file.count, plan.maximumQueries)).map { file[$0] }
            step = 0
            count = vectors.count
        } else {
            let wanted = min(plan.maximumQueries, vectors.count / 10)
            let step = wanted > 0 ? vectors.count / wanted : 0
            self.step = step
            queries = (0..<wanted).map { vectors[$0 * step] }
            count = vectors.count - wanted
        }
        guard count > 0, !queries.isEmpty else {
            throw HeddleError(.invalidRequest, "there are no vectors or no queries to measure")
        }
    }

    /// A point by its number; its bucket is one of a thousand, as the filters ask for.
    func point(_ number: Int) -> VectorPoint {
        // Queries stand at 0, step, 2 * step and so on, until there are enough of them.
        let row = step == 0 ? number : min(number / (step - 1), queries.count - 1) + 1 + number
        let payload = "{\"bucket\":\(number % 1_000)}"
        return VectorPoint(
            id: String(number),
            vector: vectors[min(row, vectors.count - 1)],
            payload: Array(payload.utf8)
        )
    }
}
