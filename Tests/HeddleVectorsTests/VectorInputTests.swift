import HeddleModel
import HeddleTestSupport
import HeddleVectors
import JSON
import Testing

@Suite(.enabled(if: VectorFixture.isAsked, "skipped: HEDDLE_TEST_VECTORS is not set")) struct VectorInputTests {
    private static func refuses(_ code: HeddleError.Code, _ body: () async throws -> Void) async -> Bool {
        do {
            try await body()
            return false
        } catch {
            return (error as? HeddleError)?.code == code
        }
    }

    @Test func `defaults follow the dimension`() throws {
        let expected: [(Int, Int, Int, VectorQuantization)] = [
            (64, 16, 200, .none), (384, 16, 350, .none), (385, 32, 350, .none), (768, 32, 550, .none),
            (769, 48, 550, .int8), (1_536, 48, 800, .int8), (4_096, 48, 800, .int8),
        ]
        for (dimension, m, efConstruction, quantization) in expected {
            let settings = try VectorSettings(dimension: dimension)
            #expect(settings.m == m)
            #expect(settings.efConstruction == efConstruction)
            #expect(settings.quantization == quantization)
            #expect(try VectorSettings(json: settings.json) == settings)
        }
    }

    @Test(arguments: [
        #"{"dimension":0}"#, #"{"dimension":4097}"#, #"{"dimension":"4"}"#, #"{"dimension":4,"metric":"near"}"#,
        #"{"dimension":4,"m":1}"#, #"{"dimension":4,"m":500}"#, #"{"dimension":4,"ef_construction":0}"#,
        #"{"dimension":4,"quantization":"pq"}"#, #"{"dimension":4,"fields":{"a":"float"}}"#,
        #"{"dimension":4,"fields":[]}"#,
        #"{"dimension":4,"exact_below":-1}"#, #"{"metric":"dot"}"#, #"{"dimension":4,"fields":{"":"bool"}}"#,
    ])
    func `settings out of range are refused`(text: String) throws {
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect { try VectorSettings(json: json) } throws: { ($0 as? HeddleError)?.code == .invalidRequest }
    }

    @Test func `points that cannot be stored are refused, and nothing of their batch is`() async throws {
        try await ScratchDirectory.with { scratch in
            let settings = try VectorSettings(dimension: 3)
            let collection = try VectorCollection.create(folder: scratch.path + "/c", settings: settings)
            defer { collection.close() }
            let good = VectorPoint(id: "good", vector: [1, 2, 3])
            let large = #"{"a":""# + String(repeating: "x", count: VectorPoint.maximumPayloadBytes) + #""}"#
            let bad = [
                VectorPoint(id: "a", vector: [1, 2]), VectorPoint(id: "a", vector: []),
                VectorPoint(id: "a", vector: [1, 2, .nan]), VectorPoint(id: "a", vector: [1, .infinity, 0]),
                VectorPoint(id: "a", vector: [0, 0, 0]), VectorPoint(id: "a", vector: [1e30, 0, 0]),
                VectorPoint(id: "", vector: [1, 2, 3]),
                VectorPoint(id: String(repeating: "i", count: 257), vector: [1, 2, 3]),
                VectorPoint(id: "a", vector: [1, 2, 3], payload: Array("[1]".utf8)),
                VectorPoint(id: "a", vector: [1, 2, 3], payload: Array("{".utf8)),
                VectorPoint(id: "a", vector: [1, 2, 3], payload: Array(large.utf8)), good,
            ]
            for point in bad {
                #expect(await Self.refuses(.invalidRequest) { try await collection.upsert([good, point]) })
            }
            let many = (0...VectorCollection.maximumBatch).map { VectorPoint(id: "\($0)", vector: [1, 2, 3]) }
            #expect(await Self.refuses(.invalidRequest) { try await collection.upsert(many) })
            #expect(try collection.info().points == 0)
            #expect(try await collection.upsert([]).stored == 0)
            try await collection.upsert([good])
            #expect(try await collection.delete(["nobody"]).deleted == 0)
        }
    }

    @Test func `queries that cannot be answered are refused, and those for more than there is are not`() async throws {
        try await ScratchDirectory.with { scratch in
            let settings = try VectorSettings(dimension: 3)
            let collection = try VectorCollection.create(folder: scratch.path + "/c", settings: settings)
            defer { collection.close() }
            #expect(try collection.search(VectorQuery([1, 0, 0])).isEmpty)
            try await collection.upsert([
                VectorPoint(id: "a", vector: [1, 0, 0]), VectorPoint(id: "b", vector: [0, 1, 0]),
            ])
            var bad = [
                VectorQuery([1, 2]), VectorQuery([0, 0, 0]), VectorQuery([.nan, 0, 0]),
                VectorQuery([1, 0, 0], limit: 0),
                VectorQuery([1, 0, 0], limit: 10_000_000), VectorQuery([1, 0, 0], limit: -1),
            ]
            for change: (inout VectorQuery) -> Void in [
                { $0.offset = -1 }, { $0.offset = .max }, { $0.ef = 0 }, { $0.ef = 20_000 }, { $0.recall = 1.5 },
                { $0.recall = .nan }, { $0.scoreThreshold = .nan },
            ] {
                var query = VectorQuery([1, 0, 0])
                change(&query)
                bad.append(query)
            }
            for query in bad {
                #expect(await Self.refuses(.invalidRequest) { _ = try collection.search(query) })
            }
            #expect(try collection.search(VectorQuery([1, 0, 0], limit: 10_000)).map(\.id) == ["a", "b"])
            var query = VectorQuery([1, 0.1, 0])
            query.scoreThreshold = 0.5
            #expect(try collection.search(query).map(\.id) == ["a"])
            query.scoreThreshold = nil
            query.offset = 1
            #expect(try collection.search(query).map(\.id) == ["b"])
            query.offset = 2
            #expect(try collection.search(query).isEmpty)
            #expect(
                try collection.fetch(["b", "nobody", "a"], withVector: true).map(\.vector) == [[0, 1, 0], [1, 0, 0]]
            )
        }
    }

    @Test func `collections are made, found, dropped and restored by name`() async throws {
        try await ScratchDirectory.with { scratch in
            let catalog = try VectorCatalog(root: scratch.path + "/vectors")
            defer { catalog.close() }
            #expect(throws: HeddleError.self) { try VectorCatalog(root: scratch.path + "/vectors") }
            let settings = try VectorSettings(dimension: 3)
            for name in ["", ".", "..", "a/b", "lock", "-a", "a.new", String(repeating: "n", count: 65), "ä"] {
                #expect(await Self.refuses(.invalidRequest) { _ = try catalog.create(name, settings) }, "\(name)")
            }
            let collection = try catalog.create("one", settings)
            #expect(await Self.refuses(.collectionExists) { _ = try catalog.create("one", settings) })
            #expect(await Self.refuses(.collectionNotFound) { _ = try catalog.collection("two") })
            try await collection.upsert([VectorPoint(id: "a", vector: [1, 0, 0], payload: Array(#"{"k":1}"#.utf8))])
            try await collection.snapshot(to: scratch.path + "/snapshot")
            #expect(
                await Self.refuses(.invalidRequest) { try await collection.snapshot(to: scratch.path + "/snapshot") }
            )
            try await collection.delete(["a"])
            let copy = try catalog.restore(scratch.path + "/snapshot", as: "two")
            #expect(try copy.fetch(["a"]).map(\.payload) == [Array(#"{"k":1}"#.utf8)])
            #expect(catalog.names == ["one", "two"])
            try catalog.drop("one")
            #expect(catalog.names == ["two"])
            #expect(await Self.refuses(.collectionNotFound) { _ = try collection.search(VectorQuery([1, 0, 0])) })
            #expect(await Self.refuses(.collectionNotFound) { try await collection.delete(["a"]) })
            #expect(await Self.refuses(.collectionNotFound) { try await collection.checkpoint() })
            #expect(await Self.refuses(.collectionNotFound) { try catalog.drop("one") })
        }
    }

    @Test func `a collection is dropped while it is searched and written`() async throws {
        try await ScratchDirectory.with { scratch in
            let catalog = try VectorCatalog(root: scratch.path + "/vectors")
            defer { catalog.close() }
            let collection = try catalog.create("one", try VectorFixture.settings())
            try await collection.upsert(VectorFixture.points(VectorFixture.vectors(1_000)))
            await withTaskGroup(of: HeddleError.Code?.self) { group in
                for worker in 0..<4 {
                    group.addTask {
                        do {
                            for seed in 0..<20_000 {
                                // Searches do not wait for anything, and the pool may have no more threads than they are.
                                await Task.yield()
                                let vectors = VectorFixture.vectors(20, seed: UInt64(seed))
                                if worker < 2 {
                                    for vector in vectors { _ = try collection.search(VectorQuery(vector)) }
                                }
                                if worker >= 2 {
                                    try await collection.upsert(VectorFixture.points(vectors, from: worker * 100))
                                }
                            }
                            return nil
                        } catch {
                            return (error as? HeddleError)?.code
                        }
                    }
                }
                group.addTask {
                    do {
                        try await Task.sleep(for: .milliseconds(50))
                        try catalog.drop("one")
                        return .collectionNotFound
                    } catch { return nil }
                }
                for await code in group { #expect(code == .collectionNotFound) }
            }
            #expect(catalog.names.isEmpty)
        }
    }

    @Test func `answers are kept until a write or their time is over`() async throws {
        try await ScratchDirectory.with { scratch in
            let collection = try VectorCollection.create(
                folder: scratch.path + "/c",
                settings: try VectorSettings(dimension: 2)
            )
            defer { collection.close() }
            try await collection.upsert([VectorPoint(id: "a", vector: [1, 0])])
            let cache = QueryCache(capacity: 10)
            let start = ContinuousClock.now
            let query = VectorQuery([1, 0])
            for _ in 0..<3 { #expect(try collection.search(query, cache: cache, now: start).map(\.id) == ["a"]) }
            #expect(cache.statistics.hits == 2)
            try await collection.upsert([VectorPoint(id: "b", vector: [1, 0.1])])
            #expect(try collection.search(query, cache: cache, now: start).map(\.id) == ["a", "b"])
            #expect(cache.statistics.hits == 2)
            _ = try collection.search(query, cache: cache, now: start.advanced(by: .seconds(299)))
            #expect(cache.statistics.hits == 3)
            _ = try collection.search(query, cache: cache, now: start.advanced(by: .seconds(301)))
            #expect(cache.statistics.hits == 3)
            for index in 0..<50 {
                _ = try collection.search(VectorQuery([1, Float(index)]), cache: cache, now: start)
            }
            #expect(cache.statistics.entries <= 10)
        }
    }

    @Test func `many searches at once answer as one by one`() async throws {
        try await ScratchDirectory.with { scratch in
            let collection = try VectorCollection.create(
                folder: scratch.path + "/c",
                settings: try VectorFixture.settings()
            )
            defer { collection.close() }
            try await collection.upsert(VectorFixture.points(VectorFixture.vectors(1_500)))
            try await collection.optimize()
            let queries = VectorFixture.vectors(40, seed: 3).map { VectorQuery($0) }
            let together = try await collection.search(queries)
            for (query, matches) in zip(queries, together) { #expect(try collection.search(query) == matches) }
            #expect(await Self.refuses(.invalidRequest) { _ = try await collection.search([VectorQuery([1])]) })
        }
    }
}
