import CHeddleKernels
import Glibc
import HeddleModel

/// The graph and the codes of a collection's slots.
final class VectorGraph: @unchecked Sendable {
    // The C functions allow searches beside inserts; what they demand of callers, ``VectorCollection`` keeps to: codes are
    // written before their slots are told of, and one thread at a time inserts.

    /// The most slots of a collection.
    static let maximumSlots = 1 << 26

    let pointer: OpaquePointer
    let settings: VectorSettings
    let scale: Float
    let shift: Float
    /// Slots below have links.
    ///
    /// Changed by the thread that links, with the content's lock held alone.
    var linked: UInt32 = 0

    init(_ settings: VectorSettings, scale: Float, shift: Float, slots: Int = 0) throws(HeddleError) {
        self.settings = settings
        self.scale = scale
        self.shift = shift
        var options = heddle_graph_options()
        options.dimension = UInt32(settings.dimension)
        options.kind = settings.codeKind
        options.metric = settings.graphMetric
        options.m = UInt32(settings.m)
        options.ef_construction = UInt32(settings.efConstruction)
        options.scale = scale
        options.shift = shift
        options.seed = 1
        guard let pointer = heddle_graph_create(&options, max(slots + slots / 2, 1 << 16), Self.maximumSlots) else {
            throw HeddleError(.internalError, "there is no memory for the graph of a collection")
        }
        self.pointer = pointer
    }

    deinit {
        heddle_graph_destroy(pointer)
    }

    var capacity: Int { heddle_graph_capacity(pointer) }

    func memory(slots: Int) -> Int { heddle_graph_memory(pointer, slots) }

    /// Writes the code of a slot; returns how many of its numbers did not fit into the range.
    @discardableResult
    func encode(_ slot: UInt32, _ vector: UnsafePointer<Float>) -> Int {
        heddle_graph_encode(pointer, slot, vector)
    }

    /// Links the next slots.
    func insert(_ slots: Range<UInt32>, threads: Int) throws(HeddleError) {
        let number = heddle_graph_insert(pointer, slots.lowerBound, slots.upperBound, UInt32(threads))
        guard number == 0 else { throw FileAccess.failure("insert", "graph", number) }
    }
}

extension VectorSettings {
    fileprivate var codeKind: UInt32 {
        switch quantization {
        case .none: HEDDLE_CODE_F32.rawValue
        case .float16: HEDDLE_CODE_F16.rawValue
        case .int8: HEDDLE_CODE_INT8.rawValue
        case .binary: HEDDLE_CODE_BINARY.rawValue
        }
    }

    fileprivate var graphMetric: UInt32 {
        switch metric {
        case .cosine: HEDDLE_METRIC_DOT.rawValue
        case .dot: HEDDLE_METRIC_INNER.rawValue
        case .l2: HEDDLE_METRIC_L2.rawValue
        }
    }

    /// Whether codes need to know the range of the numbers first.
    var needsCalibration: Bool { quantization == .int8 || (quantization == .binary && metric == .l2) }
}
