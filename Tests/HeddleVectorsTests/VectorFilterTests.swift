import HeddleModel
import HeddleTestSupport
import HeddleVectors
import JSON
import Testing

@Suite(.enabled(if: VectorFixture.isAsked, "skipped: HEDDLE_TEST_VECTORS is not set")) struct VectorFilterTests {
    private static func collection(_ path: String, _ count: Int) async throws -> (VectorCollection, [VectorPoint]) {
        let settings = try VectorFixture.settings {
            $0.fields = ["number": .integer, "language": .keyword, "path": .prefix, "even": .bool]
        }
        let collection = try VectorCollection.create(folder: path, settings: settings)
        let points = VectorFixture.points(VectorFixture.vectors(count))
        for start in stride(from: 0, to: count, by: 1_000) {
            try await collection.upsert(Array(points[start..<min(start + 1_000, count)]))
        }
        return (collection, points)
    }

    private static let conditions: [(String, @Sendable (Int) -> Bool)] = [
        (#"{"field":"language","equals":"swift"}"#, { $0 % 4 == 0 }),
        (#"{"field":"language","one_of":["swift","go"]}"#, { $0 % 4 == 0 || $0 % 4 == 3 }),
        (#"{"field":"number","from":100,"to":119}"#, { (100...119).contains($0) }),
        (#"{"field":"number","to":3}"#, { $0 <= 3 }),
        (#"{"field":"number","equals":17}"#, { $0 == 17 }),
        (#"{"field":"even","equals":true}"#, { $0 % 2 == 0 }),
        (#"{"field":"path","prefix":"src/3/"}"#, { $0 % 7 == 3 }),
        (#"{"field":"path","exists":false}"#, { _ in false }),
        (#"{"ids":["p1","p2","nobody"]}"#, { $0 == 1 || $0 == 2 }),
        (#"{"not":{"field":"even","equals":false}}"#, { $0 % 2 == 0 }),
        (
            #"{"all":[{"field":"even","equals":true},{"any":[{"field":"number","from":5,"to":90},{"field":"number","from":990}]}]}"#,
            { $0 % 2 == 0 && ((5...90).contains($0) || $0 >= 990) }
        ),
        (#"{"any":[]}"#, { _ in false }),
        (#"{"all":[]}"#, { _ in true }),
    ]

    @Test func `a search finds the nearest of what its filter leaves`() async throws {
        try await ScratchDirectory.with { scratch in
            let path = scratch.path + "/c"
            var (collection, points) = try await Self.collection(path, 3_000)
            for round in 0..<3 {
                if round == 1 {
                    try await collection.optimize()
                    collection.close()
                    collection = try VectorCollection.open(folder: path)
                }
                if round == 2 { try await collection.delete((0..<50).map { "p\($0 * 3)" }) }
                for (text, accepts) in Self.conditions {
                    var reference: [String: [Float]] = [:]
                    for (number, point) in points.enumerated() where accepts(number) {
                        if round < 2 || number >= 150 || number % 3 != 0 { reference[point.id] = point.vector }
                    }
                    let filter = try VectorFilter(json: try JSONValue(parsing: Array(text.utf8)))
                    var hits = 0
                    var wanted = 0
                    for vector in VectorFixture.vectors(10, seed: 31) {
                        var query = VectorQuery(vector)
                        query.filter = filter
                        query.ef = 100
                        let found = try collection.search(query).map(\.id)
                        #expect(found.allSatisfy { reference[$0] != nil }, "\(text)")
                        let truth = Set(VectorFixture.nearest(.cosine, vector, reference))
                        #expect(found.count == truth.count)
                        wanted += truth.count
                        hits += truth.intersection(found).count
                    }
                    #expect(wanted == 0 || Double(hits) / Double(wanted) >= 0.95, "\(text), round \(round)")
                }
            }
            let filter = try VectorFilter(json: ["field": "language", "equals": "go"])
            let page = try collection.scroll(limit: 1_000, filter: filter)
            #expect(page.points.allSatisfy { String(decoding: $0.payload, as: UTF8.self).contains("\"go\"") })
            collection.close()
        }
    }

    @Test(arguments: [
        "[]", "{}", #"{"field":"number"}"#, #"{"field":"number","equals":[1]}"#, #"{"field":"number","from":1.5}"#,
        #"{"all":{}}"#, #"{"any":[1]}"#, #"{"nope":1}"#, #"{"ids":[1]}"#, #"{"field":"path","prefix":3}"#,
        #"{"all":[],"any":[]}"#,
    ])
    func `what is no filter is refused`(text: String) throws {
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect { try VectorFilter(json: json) } throws: { ($0 as? HeddleError)?.code == .invalidRequest }
    }

    @Test func `filters are bounded`() throws {
        var deep: JSONValue = ["field": "a", "equals": 1]
        for _ in 0..<20 { deep = ["not": deep] }
        let wide: JSONValue = ["any": .array((0..<1_001).map { ["field": "a", "equals": .integer($0)] })]
        for json in [deep, wide] {
            #expect { try VectorFilter(json: json) } throws: { ($0 as? HeddleError)?.code == .invalidRequest }
        }
    }

    @Test func `fields that are not indexed are named`() async throws {
        try await ScratchDirectory.with { scratch in
            let (collection, points) = try await Self.collection(scratch.path + "/c", 10)
            defer { collection.close() }
            for json: JSONValue in [["field": "colour", "equals": "red"], ["field": "language", "from": 1]] {
                var query = VectorQuery(points[0].vector)
                query.filter = try VectorFilter(json: json)
                #expect {
                    _ = try collection.search(query)
                } throws: { error in
                    guard let error = error as? HeddleError else { return false }
                    return error.code == .invalidRequest && error.details["field"] != nil
                }
            }
        }
    }
}
