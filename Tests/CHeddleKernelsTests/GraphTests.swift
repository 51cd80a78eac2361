import CHeddleKernels
import HeddleTestSupport
import Testing

/// Graphs of clustered vectors, held against a look at all of them.
@Suite struct GraphTests {
    private static let dimension = 48
    private static let count = 3_000

    private static func vectors(_ count: Int, seed: UInt64, isUnit: Bool) -> [[Float]] {
        var random = SplitMix64(seed: 99)
        let centres = (0..<40).map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) } }
        random = SplitMix64(seed: seed)
        return (0..<count)
            .map { _ in
                let centre = centres[Int.random(in: 0..<40, using: &random)]
                let vector = centre.map { $0 + Float.random(in: -0.4...0.4, using: &random) }
                guard isUnit else { return vector }
                let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
                return vector.map { $0 / length }
            }
    }

    private static func options(_ kind: heddle_code_kind, _ metric: heddle_metric) -> heddle_graph_options {
        var options = heddle_graph_options()
        options.dimension = UInt32(dimension)
        options.kind = kind.rawValue
        options.metric = metric.rawValue
        options.m = 12
        options.ef_construction = 100
        options.scale = metric == HEDDLE_METRIC_DOT ? 127 / 0.4 : 127 / 1.4
        options.seed = 3
        return options
    }

    private static func truth(_ query: [Float], _ all: [[Float]], _ metric: heddle_metric, _ among: [Int]) -> Set<Int> {
        let distances = among.map { index -> (Float, Int) in
            let pairs = zip(query, all[index])
            return metric == HEDDLE_METRIC_L2
                ? (pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }, index)
                : (-pairs.reduce(0) { $0 + $1.0 * $1.1 }, index)
        }
        return Set(distances.sorted { $0.0 < $1.0 }.prefix(10).map(\.1))
    }

    private static func found(
        _ graph: OpaquePointer,
        _ search: OpaquePointer,
        _ query: [Float],
        keep: Int,
        ef: Int,
        allowed: [UInt64]? = nil
    ) -> [Int] {
        #expect(heddle_search_begin(search, graph, query, keep, UInt32(count)) == 0)
        #expect(heddle_search_walk(search, graph, ef, allowed) == 0)
        var slots = [UInt32](repeating: 0, count: keep)
        let count = heddle_search_results(search, &slots)
        return slots.prefix(count).map(Int.init)
    }

    @Test(arguments: [HEDDLE_CODE_F32, HEDDLE_CODE_F16, HEDDLE_CODE_INT8, HEDDLE_CODE_BINARY].map(\.rawValue))
    func `a walk finds nearly all that a look at all codes finds`(kind: UInt32) throws {
        for metric in [HEDDLE_METRIC_DOT, HEDDLE_METRIC_L2, HEDDLE_METRIC_INNER] {
            var options = Self.options(heddle_code_kind(kind), metric)
            let vectors = Self.vectors(Self.count, seed: 1, isUnit: metric == HEDDLE_METRIC_DOT)
            let graph = try #require(heddle_graph_create(&options, Self.count, 1 << 20))
            defer { heddle_graph_destroy(graph) }
            for (slot, vector) in vectors.enumerated() { _ = heddle_graph_encode(graph, UInt32(slot), vector) }
            #expect(heddle_graph_insert(graph, 0, UInt32(Self.count / 2), 1) == 0)
            #expect(heddle_graph_insert(graph, UInt32(Self.count / 2), UInt32(Self.count), 3) == 0)
            let search = try #require(heddle_search_create())
            defer { heddle_search_destroy(search) }
            var hits = 0
            let queries = Self.vectors(50, seed: 2, isUnit: metric == HEDDLE_METRIC_DOT)
            for query in queries {
                // All codes, by the same kernels: what a perfect graph would find.
                #expect(heddle_search_begin(search, graph, query, 20, UInt32(Self.count)) == 0)
                heddle_search_range(search, graph, 0, UInt32(Self.count), nil)
                var slots = [UInt32](repeating: 0, count: 20)
                let count = heddle_search_results(search, &slots)
                let all = Set(slots.prefix(count).map(Int.init))
                hits += all.intersection(Self.found(graph, search, query, keep: 20, ef: 120)).count
                if heddle_code_kind(kind) == HEDDLE_CODE_F32 || heddle_code_kind(kind) == HEDDLE_CODE_F16 {
                    #expect(Self.truth(query, vectors, metric, Array(vectors.indices)).subtracting(all).count <= 1)
                }
            }
            // Bits make many ties, of which a walk finds others.
            let least = heddle_code_kind(kind) == HEDDLE_CODE_BINARY ? 0.7 : 0.97
            #expect(Double(hits) / 1_000 >= least, "kind \(kind), metric \(metric)")
        }
    }

    @Test func `only what is allowed is found`() throws {
        var options = Self.options(HEDDLE_CODE_INT8, HEDDLE_METRIC_DOT)
        let vectors = Self.vectors(Self.count, seed: 1, isUnit: true)
        let graph = try #require(heddle_graph_create(&options, Self.count, 1 << 20))
        defer { heddle_graph_destroy(graph) }
        for (slot, vector) in vectors.enumerated() { _ = heddle_graph_encode(graph, UInt32(slot), vector) }
        #expect(heddle_graph_insert(graph, 0, UInt32(Self.count), 2) == 0)
        let search = try #require(heddle_search_create())
        defer { heddle_search_destroy(search) }
        for share in [2, 10, 50] {
            let allowed = vectors.indices.filter { $0 % share == 0 }
            var bits = [UInt64](repeating: 0, count: Self.count / 64 + 1)
            for slot in allowed { bits[slot / 64] |= 1 << UInt64(slot % 64) }
            var hits = 0
            for query in Self.vectors(40, seed: 5, isUnit: true) {
                let found = Self.found(graph, search, query, keep: 20, ef: 100, allowed: bits)
                #expect(found.allSatisfy { $0 % share == 0 })
                hits += Self.truth(query, vectors, HEDDLE_METRIC_DOT, allowed).intersection(found).count
            }
            #expect(Double(hits) / 400 >= 0.95, "one in \(share)")
        }
    }

    @Test func `taking out the dead keeps the living in reach`() throws {
        var options = Self.options(HEDDLE_CODE_INT8, HEDDLE_METRIC_DOT)
        let vectors = Self.vectors(Self.count, seed: 1, isUnit: true)
        let old = try #require(heddle_graph_create(&options, Self.count, 1 << 20))
        defer { heddle_graph_destroy(old) }
        for (slot, vector) in vectors.enumerated() { _ = heddle_graph_encode(old, UInt32(slot), vector) }
        #expect(heddle_graph_insert(old, 0, UInt32(Self.count), 2) == 0)
        var dead = [UInt64](repeating: 0, count: Self.count / 64 + 1)
        // Whole stretches and single ones.
        let isDead: (Int) -> Bool = { $0 % 3 == 0 || $0 < 500 }
        for slot in 0..<Self.count where isDead(slot) { dead[slot / 64] |= 1 << UInt64(slot % 64) }
        var order = [UInt32](repeating: 0, count: Self.count)
        let count = heddle_graph_order(old, UInt32(Self.count), dead, &order)
        let living = (0..<Self.count).filter { !isDead($0) }
        #expect(Set(order.prefix(count).map(Int.init)) == Set(living))
        let graph = try #require(heddle_graph_create(&options, count, 1 << 20))
        defer { heddle_graph_destroy(graph) }
        for slot in 0..<count { _ = heddle_graph_encode(graph, UInt32(slot), vectors[Int(order[slot])]) }
        #expect(heddle_graph_relabel(graph, old, UInt32(Self.count), order, UInt32(count), 2) == 0)
        #expect(heddle_graph_unreachable(graph, UInt32(count)) <= 2)
        let search = try #require(heddle_search_create())
        defer { heddle_search_destroy(search) }
        var hits = 0
        for query in Self.vectors(50, seed: 2, isUnit: true) {
            #expect(heddle_search_begin(search, graph, query, 20, UInt32(count)) == 0)
            #expect(heddle_search_walk(search, graph, 100, nil) == 0)
            var slots = [UInt32](repeating: 0, count: 20)
            let found = heddle_search_results(search, &slots)
            let names = slots.prefix(found).map { Int(order[Int($0)]) }
            hits += Self.truth(query, vectors, HEDDLE_METRIC_DOT, living).intersection(names).count
        }
        #expect(Double(hits) / 500 >= 0.97)
    }

    @Test func `a graph without nodes and one of equal vectors answer`() throws {
        var options = Self.options(HEDDLE_CODE_INT8, HEDDLE_METRIC_DOT)
        let graph = try #require(heddle_graph_create(&options, 10, 1 << 16))
        defer { heddle_graph_destroy(graph) }
        let search = try #require(heddle_search_create())
        defer { heddle_search_destroy(search) }
        let vector = Self.vectors(1, seed: 8, isUnit: true)[0]
        #expect(Self.found(graph, search, vector, keep: 5, ef: 10).isEmpty)
        for slot in 0..<UInt32(Self.count) { _ = heddle_graph_encode(graph, slot, vector) }
        #expect(heddle_graph_insert(graph, 0, UInt32(Self.count), 2) == 0)
        #expect(Self.found(graph, search, vector, keep: 5, ef: 10).count == 5)
    }

    @Test func `links of a damaged file lead nowhere`() throws {
        var options = Self.options(HEDDLE_CODE_INT8, HEDDLE_METRIC_DOT)
        let vectors = Self.vectors(Self.count, seed: 1, isUnit: true)
        let graph = try #require(heddle_graph_create(&options, Self.count, 1 << 16))
        defer { heddle_graph_destroy(graph) }
        for (slot, vector) in vectors.enumerated() { _ = heddle_graph_encode(graph, UInt32(slot), vector) }
        #expect(heddle_graph_insert(graph, 0, UInt32(Self.count), 2) == 0)
        let sections = heddle_graph_get_sections(graph)
        var random = SplitMix64(seed: 4)
        let search = try #require(heddle_search_create())
        defer { heddle_search_destroy(search) }
        for _ in 0..<200 {
            let links = UnsafeMutableRawPointer(sections.block)
                .advanced(
                    by: Int.random(in: 0..<Self.count, using: &random) * sections.stride
                )
            for index in 0..<8 {
                links.storeBytes(
                    of: UInt32.random(in: 0 ... .max, using: &random),
                    toByteOffset: index * 4,
                    as: UInt32.self
                )
            }
            let word = Int.random(in: 0..<Int(sections.upper_used), using: &random)
            sections.upper_words[word] = UInt32.random(in: 0 ... .max, using: &random)
            let node = Int.random(in: 0..<Int(sections.upper_count), using: &random)
            sections.upper_offsets[node] = UInt32.random(in: 0 ... .max, using: &random)
            for query in vectors.prefix(5) {
                #expect(Self.found(graph, search, query, keep: 10, ef: 50).allSatisfy { $0 < Self.count })
            }
        }
    }
}
