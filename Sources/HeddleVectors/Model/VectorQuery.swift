package import HeddleModel

/// What a search asks for.
package struct VectorQuery: Sendable, Hashable {
    /// The most answers of one search, with those that are skipped.
    package static let maximumLimit = 10_000

    package var vector: [Float]
    /// How many answers, the best first.
    package var limit = 10
    /// How many of the best are skipped.
    package var offset = 0
    /// How many candidates the walk through the graph keeps; `min(4 * limit, 200)` unless it is said.
    package var ef: Int?
    /// The recall to reach, 0.5...0.999, from which the collection chooses `ef` by what it measured.
    package var recall: Double?
    /// Measures every vector instead of walking.
    package var exact = false
    package var filter: VectorFilter?
    /// The least similarity, or the greatest distance.
    package var scoreThreshold: Float?
    package var withPayload = true
    package var withVector = false

    package init(_ vector: [Float], limit: Int = 10) {
        self.vector = vector
        self.limit = limit
    }

    /// Holds a query against its limits and the settings of the collection.
    ///
    /// - Parameter settings: The collection's.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, which names the field.
    package func validate(for settings: VectorSettings) throws(HeddleError) {
        try VectorPoint.validate(vector: vector, for: settings)
        guard limit >= 1, offset >= 0, limit <= Self.maximumLimit, offset <= Self.maximumLimit - limit else {
            throw HeddleError(
                .invalidRequest,
                "limit is at least 1 and with offset at most \(Self.maximumLimit)",
                details: ["field": "limit", "limit": String(Self.maximumLimit)]
            )
        }
        if let ef, !(1...Self.maximumLimit).contains(ef) {
            throw HeddleError(
                .invalidRequest,
                "ef has to be between 1 and \(Self.maximumLimit)",
                details: ["field": "ef", "limit": String(Self.maximumLimit)]
            )
        }
        if let recall, !(recall >= 0.5 && recall <= 0.999) {
            throw HeddleError(
                .invalidRequest,
                "recall has to be between 0.5 and 0.999",
                details: ["field": "recall", "limit": "0.999"]
            )
        }
        if let scoreThreshold, !scoreThreshold.isFinite {
            throw HeddleError(.invalidRequest, "the threshold is not finite", details: ["field": "score_threshold"])
        }
    }
}

/// A vector that a search found.
package struct VectorMatch: Sendable, Hashable {
    package let id: String
    /// The similarity, or for `l2` the distance.
    package let score: Float
    /// Empty when it was not asked for.
    package let payload: [UInt8]
    /// Empty when it was not asked for.
    package let vector: [Float]
}
