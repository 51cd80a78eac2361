/// What a collection keeps of each vector in memory to search by; the best are measured again in full precision.
package enum VectorQuantization: String, Sendable, Hashable, CaseIterable {
    /// The vector as it is, 4 bytes a dimension.
    case none
    /// Half precision, 2 bytes a dimension.
    case float16
    /// A byte a dimension, over a range that is learnt from the vectors.
    case int8
    /// A bit a dimension.
    case binary
}

/// How vectors are kept on disk, which is what scores are measured on.
package enum VectorPrecision: String, Sendable, Hashable, CaseIterable {
    /// 4 bytes a dimension, exactly as they came.
    case float32
    /// 2 bytes a dimension, rounded to half precision.
    case float16

    /// Bytes of one number.
    var width: Int { self == .float32 ? 4 : 2 }
}

/// How the range of int8 codes is learnt.
package enum VectorCalibration: String, Sendable, Hashable, CaseIterable {
    /// From the least to the greatest number of the sample.
    case minmax
    /// The range that all but one number in a thousand fit into: outliers cost the others no precision.
    case quantile
}
