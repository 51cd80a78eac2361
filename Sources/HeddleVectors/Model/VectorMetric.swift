/// How the nearness of two vectors is measured.
package enum VectorMetric: String, Sendable, Hashable, CaseIterable {
    /// The cosine of the angle; greater is nearer, and a vector of zeros has none.
    case cosine
    /// The dot product; greater is nearer.
    case dot
    /// The Euclidean distance; smaller is nearer.
    case l2

    /// Whether a greater score is a better one.
    package var isSimilarity: Bool { self != .l2 }
}
