package import HeddleModel

/// What a collection is made with and keeps for life.
///
/// The defaults follow the dimension: more links and a wider search for longer vectors, and bytes above 768 dimensions.
package struct VectorSettings: Sendable, Hashable {
    /// The most dimensions of a vector.
    package static let maximumDimension = 4_096
    /// The most fields that are indexed.
    package static let maximumFields = 32

    package let dimension: Int
    package let metric: VectorMetric
    /// Links of a node on the upper levels of the graph; twice as many on the lowest.
    package var m: Int
    /// How many candidates a new node chooses its links from.
    package var efConstruction: Int
    package var quantization: VectorQuantization
    package var precision: VectorPrecision = .float32
    package var calibration: VectorCalibration = .quantile
    /// Up to this many vectors every search looks at all of them.
    package var exactBelow = 1_000
    /// Fields of the payload that filters can name, by their path.
    package var fields: [String: FieldKind] = [:]

    /// The settings that suit a dimension.
    ///
    /// - Parameters:
    ///   - dimension: Numbers in each vector, 1...4096.
    ///   - metric: How nearness is measured.
    /// - Throws: ``HeddleError`` with `.invalidRequest` for a dimension that is out of range.
    package init(dimension: Int, metric: VectorMetric = .cosine) throws(HeddleError) {
        guard (1...Self.maximumDimension).contains(dimension) else {
            throw HeddleError(
                .invalidRequest,
                "the dimension has to be between 1 and \(Self.maximumDimension)",
                details: ["field": "dimension", "limit": String(Self.maximumDimension)]
            )
        }
        self.dimension = dimension
        self.metric = metric
        m = dimension <= 384 ? 16 : dimension <= 768 ? 32 : 48
        efConstruction = min(200 + dimension / 100 * 50, 800)
        quantization = dimension > 768 ? .int8 : .none
    }

    /// Holds what was set against its limits.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest`, which names the field and its limit.
    package func validate() throws(HeddleError) {
        try Self.check(m, "m", 2...128)
        try Self.check(efConstruction, "ef_construction", 4...4_096)
        try Self.check(exactBelow, "exact_below", 0...1_000_000)
        try Self.check(fields.count, "fields", 0...Self.maximumFields)
        for name in fields.keys where name.isEmpty || name.utf8.count > 256 {
            throw HeddleError(
                .invalidRequest,
                "the name of a field has 1 to 256 bytes",
                details: ["field": "fields", "limit": "256"]
            )
        }
    }

    private static func check(_ value: Int, _ field: String, _ range: ClosedRange<Int>) throws(HeddleError) {
        guard !range.contains(value) else { return }
        throw HeddleError(
            .invalidRequest,
            "\(field) has to be between \(range.lowerBound) and \(range.upperBound)",
            details: ["field": field, "limit": String(range.upperBound)]
        )
    }

    /// Bytes of one vector on disk.
    var vectorBytes: Int { dimension * precision.width }
}
