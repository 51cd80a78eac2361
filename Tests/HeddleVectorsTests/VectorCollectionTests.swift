import HeddleModel
import HeddleTestSupport
import HeddleVectors
import Testing

@Suite(.enabled(if: VectorFixture.isAsked, "skipped: HEDDLE_TEST_VECTORS is not set")) struct VectorCollectionTests {
    @Test(arguments: VectorMetric.allCases, VectorQuantization.allCases)
    func `searches find what a look at all finds`(metric: VectorMetric, quantization: VectorQuantization) async throws {
        try await ScratchDirectory.with { scratch in
            let settings = try VectorFixture.settings(metric) { $0.quantization = quantization }
            let collection = try VectorCollection.create(folder: scratch.path + "/c", settings: settings)
            defer { collection.close() }
            let vectors = VectorFixture.vectors(2_000)
            let points = VectorFixture.points(vectors)
            for start in stride(from: 0, to: points.count, by: 500) {
                #expect(try await collection.upsert(Array(points[start..<start + 500])).stored == 500)
            }
            let reference = Dictionary(uniqueKeysWithValues: points.map { ($0.id, $0.vector) })
            let queries = VectorFixture.vectors(40, seed: 9)
            // Bits say little about 24 dimensions.
            let least = quantization == .binary ? 0.6 : 0.95
            let ef = quantization == .binary ? 400 : 100
            #expect(try VectorFixture.recall(collection, reference, queries, ef: ef) >= least)
            try await collection.optimize()
            let info = try collection.info()
            #expect(info.linked == 2_000)
            #expect(try VectorFixture.recall(collection, reference, queries, ef: ef) >= least)
            for query in queries {
                var exact = VectorQuery(query)
                exact.exact = true
                let matches = try collection.search(exact)
                #expect(Set(matches.map(\.id)) == Set(VectorFixture.nearest(metric, query, reference)))
                for match in matches {
                    let score = VectorFixture.score(metric, query, try #require(reference[match.id]))
                    #expect(abs(match.score - score) < 1e-3 * max(1, abs(score)))
                }
            }
        }
    }

    @Test func `what was written is there again after a close`() async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path + "/c"
            let points = VectorFixture.points(VectorFixture.vectors(600))
            var collection = try VectorCollection.create(folder: folder, settings: try VectorFixture.settings())
            try await collection.upsert(points)
            #expect(try await collection.delete(["p3", "p4", "nobody"]).deleted == 2)
            try await collection.upsert([VectorPoint(id: "p5", vector: points[9].vector)])
            for round in 0..<3 {
                let before = try VectorFixture.contents(collection)
                #expect(before.count == 598)
                #expect(before["p5"]?.vector == points[9].vector)
                #expect(before["p6"]?.payload == points[6].payload)
                if round == 1 { try await collection.checkpoint() }
                if round == 2 { try await collection.optimize() }
                collection.close()
                collection = try VectorCollection.open(folder: folder)
                #expect(try VectorFixture.contents(collection) == before)
                #expect(try collection.info().damages == [])
            }
            collection.close()
        }
    }

    @Test(arguments: 0..<6) func `any order of work leaves what a dictionary would hold`(seed: UInt64) async throws {
        try await ScratchDirectory.with { scratch in
            var random = SplitMix64(seed: seed)
            let folder = scratch.path + "/c"
            let metric = VectorMetric.allCases[Int(seed) % 3]
            let settings = try VectorFixture.settings(metric, dimension: 8) {
                $0.quantization = seed % 2 == 0 ? .int8 : .none
                $0.fields = ["number": .integer]
            }
            var options = VectorCollection.Options()
            options.logBytes = 40_000
            options.deadPercent = 10
            var collection = try VectorCollection.create(folder: folder, settings: settings, options: options)
            var reference: [String: [Float]] = [:]
            for step in 0..<60 {
                switch Int.random(in: 0..<12, using: &random) {
                case 0: try await collection.checkpoint()
                case 1: try await collection.optimize()
                case 2:
                    collection.close()
                    collection = try VectorCollection.open(folder: folder, options: options)
                case 3, 4, 5:
                    let ids = (0..<20).map { _ in "p\(Int.random(in: 0..<900, using: &random))" }
                    try await collection.delete(ids)
                    for id in ids { reference[id] = nil }
                default:
                    let first = Int.random(in: 0..<800, using: &random)
                    let vectors = VectorFixture.vectors(100, dimension: 8, seed: random.next())
                    let points = VectorFixture.points(vectors, from: first)
                    try await collection.upsert(points)
                    for point in points { reference[point.id] = point.vector }
                }
                guard step % 10 == 9 else { continue }
                let contents = try VectorFixture.contents(collection)
                #expect(contents.mapValues(\.vector) == reference)
                #expect(try collection.info().points == reference.count)
                let queries = VectorFixture.vectors(10, dimension: 8, seed: random.next())
                let recall = try VectorFixture.recall(collection, reference, queries, ef: 100)
                #expect(recall >= 0.9, "\(metric)")
            }
            collection.close()
        }
    }

    @Test func `writers and searches go on while the house is kept`() async throws {
        try await ScratchDirectory.with { scratch in
            let settings = try VectorFixture.settings { $0.fields = ["language": .keyword] }
            var options = VectorCollection.Options()
            options.logBytes = 200_000
            let collection = try VectorCollection.create(
                folder: scratch.path + "/c",
                settings: settings,
                options: options
            )
            defer { collection.close() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        for round in 0..<10 {
                            let vectors = VectorFixture.vectors(100, seed: UInt64(writer * 100 + round))
                            try await collection.upsert(
                                VectorFixture.points(vectors, from: writer * 1_000 + round * 100)
                            )
                            if round % 3 == 2 {
                                try await collection.delete((0..<30).map { "p\(writer * 1_000 + $0)" })
                            }
                        }
                    }
                }
                for keeper in 0..<2 {
                    group.addTask {
                        for _ in 0..<3 {
                            if keeper == 0 {
                                try await collection.optimize()
                            } else {
                                try await collection.checkpoint()
                            }
                        }
                    }
                }
                for reader in 0..<2 {
                    group.addTask {
                        for vector in VectorFixture.vectors(300, seed: UInt64(5_000 + reader)) {
                            var query = VectorQuery(vector)
                            if reader == 1 { query.filter = .equals("language", .text("swift")) }
                            let matches = try collection.search(query)
                            #expect(Set(matches.map(\.id)).count == matches.count)
                        }
                    }
                }
                try await group.waitForAll()
            }
            var reference: [String: [Float]] = [:]
            for writer in 0..<4 {
                for round in 0..<10 {
                    let vectors = VectorFixture.vectors(100, seed: UInt64(writer * 100 + round))
                    for point in VectorFixture.points(vectors, from: writer * 1_000 + round * 100) {
                        reference[point.id] = point.vector
                    }
                    if round % 3 == 2 { for index in 0..<30 { reference["p\(writer * 1_000 + index)"] = nil } }
                }
            }
            #expect(try VectorFixture.contents(collection).mapValues(\.vector) == reference)
            try await collection.optimize()
            #expect(try collection.info().deleted == 0)
            #expect(
                try VectorFixture.recall(collection, reference, VectorFixture.vectors(30, seed: 77), ef: 100) >= 0.95
            )
        }
    }

    @Test func `replacing everything five times costs no recall and no room`() async throws {
        try await ScratchDirectory.with { scratch in
            var options = VectorCollection.Options()
            options.deadPercent = 20
            let folder = scratch.path + "/c"
            let settings = try VectorFixture.settings()
            let collection = try VectorCollection.create(folder: folder, settings: settings, options: options)
            defer { collection.close() }
            let queries = VectorFixture.vectors(40, seed: 50)
            for round in 0..<5 {
                let points = VectorFixture.points(VectorFixture.vectors(2_000, seed: UInt64(round + 1)))
                if round > 0 { try await collection.delete(points.map(\.id)) }
                for start in stride(from: 0, to: points.count, by: 250) {
                    try await collection.upsert(Array(points[start..<start + 250]))
                    let reference = Dictionary(
                        uniqueKeysWithValues: points[..<(start + 250)].map { ($0.id, $0.vector) }
                    )
                    #expect(try VectorFixture.recall(collection, reference, queries.suffix(5), ef: 100) >= 0.9)
                }
                try await collection.optimize()
                let reference = Dictionary(uniqueKeysWithValues: points.map { ($0.id, $0.vector) })
                #expect(try VectorFixture.recall(collection, reference, queries, ef: 100) >= 0.97)
                #expect(try collection.info().deleted == 0)
                #expect(try collection.info().segments == 1)
            }
        }
    }

    @Test func `recall is measured and chosen by`() async throws {
        try await ScratchDirectory.with { scratch in
            let collection = try VectorCollection.create(
                folder: scratch.path + "/c",
                settings: try VectorFixture.settings()
            )
            defer { collection.close() }
            let points = VectorFixture.points(VectorFixture.vectors(3_000))
            try await collection.upsert(points)
            for vector in VectorFixture.vectors(64, seed: 11) { _ = try collection.search(VectorQuery(vector)) }
            try await collection.optimize()
            let recalls = try collection.info().recalls
            #expect(recalls.count > 5)
            #expect(recalls[512] ?? 0 > 0.98)
            let reference = Dictionary(uniqueKeysWithValues: points.map { ($0.id, $0.vector) })
            var hits = 0
            for vector in VectorFixture.vectors(50, seed: 12) {
                var query = VectorQuery(vector)
                query.recall = 0.95
                hits +=
                    Set(VectorFixture.nearest(.cosine, vector, reference))
                    .intersection(try collection.search(query).map(\.id)).count
            }
            #expect(Double(hits) / 500 >= 0.92)
        }
    }
}
