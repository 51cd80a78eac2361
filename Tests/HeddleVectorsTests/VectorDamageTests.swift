import Foundation
import Glibc
import HeddleModel
import HeddleTestSupport
import Testing

@testable import HeddleVectors

/// Changes bytes of files behind a collection's back.
@Suite(.enabled(if: VectorFixture.isAsked, "skipped: HEDDLE_TEST_VECTORS is not set")) struct VectorDamageTests {
    private static func collection(_ folder: String) async throws -> [String: [Float]] {
        let settings = try VectorFixture.settings(dimension: 64) { $0.fields = ["number": .integer] }
        let collection = try VectorCollection.create(folder: folder, settings: settings)
        let points = VectorFixture.points(VectorFixture.vectors(2_000, dimension: 64))
        try await collection.upsert(points)
        try await collection.optimize()
        try await collection.delete(["p7"])
        try await collection.checkpoint()
        collection.close()
        var reference = Dictionary(uniqueKeysWithValues: points.map { ($0.id, $0.vector) })
        reference["p7"] = nil
        return reference
    }

    private static func file(_ kind: String, _ folder: String) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(kind) }
        return folder + "/"
            + (try #require(names.max { VectorCollection.number(of: $0) ?? 0 < VectorCollection.number(of: $1) ?? 0 }))
    }

    private static func flip(_ path: String, at offset: Int) throws {
        let file = open(path, O_RDWR)
        try #require(file >= 0)
        defer { close(file) }
        var byte: UInt8 = 0
        #expect(pread(file, &byte, 1, off_t(offset)) == 1)
        byte ^= 0x40
        #expect(pwrite(file, &byte, 1, off_t(offset)) == 1)
    }

    private static func size(_ path: String) throws -> Int {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return Int(status.st_size)
    }

    @Test(arguments: [0.05, 0.4, 0.86, 0.95]) func `damaged rows are named and left out, and the others are found`(
        place: Double
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path + "/c"
            let reference = try await Self.collection(folder)
            let rows = try Self.file("rows", folder)
            let offset = Int(Double(try Self.size(rows)) * place)
            try Self.flip(rows, at: offset)
            var collection = try VectorCollection.open(folder: folder)
            try await collection.verify()
            for round in 0..<2 {
                let info = try collection.info()
                #expect(info.damages.count == 1)
                #expect(info.damages.first?.contains("rows-") == true)
                let found = try VectorFixture.contents(collection)
                #expect(found.count < reference.count)
                #expect(found.count > reference.count / 2)
                for (id, point) in found { #expect(point.vector == reference[id]) }
                let left = reference.filter { found[$0.key] != nil }
                #expect(
                    try VectorFixture.recall(
                        collection,
                        left,
                        VectorFixture.vectors(20, dimension: 64, seed: 3),
                        ef: 100
                    ) >= 0.95
                )
                if round == 0 {
                    collection.close()
                    collection = try VectorCollection.open(folder: folder)
                }
            }
            let damaged = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasPrefix("damaged.") }
            #expect(damaged.count == 1)
            // What was lost can be stored again.
            let points = reference.map { VectorPoint(id: $0.key, vector: $0.value) }
            try await collection.upsert(points)
            #expect(try collection.info().points == reference.count)
            collection.close()
        }
    }

    @Test func `rows whose file is cut are left out as a whole`() async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path + "/c"
            _ = try await Self.collection(folder)
            let rows = try Self.file("rows", folder)
            truncate(rows, off_t(try Self.size(rows) - 100))
            let collection = try VectorCollection.open(folder: folder)
            #expect(try collection.info().points == 0)
            #expect(try collection.info().damages.count == 1)
            #expect(try collection.search(VectorQuery(VectorFixture.vectors(1, dimension: 64)[0])).isEmpty)
            try await collection.upsert(VectorFixture.points(VectorFixture.vectors(10, dimension: 64)))
            #expect(try collection.info().points == 10)
            collection.close()
        }
    }

    @Test(arguments: [0.3, 0.999]) func `damaged links are made again`(place: Double) async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path + "/c"
            let reference = try await Self.collection(folder)
            let graph = try Self.file("graph", folder)
            try Self.flip(graph, at: Int(Double(try Self.size(graph)) * place))
            let collection = try VectorCollection.open(folder: folder)
            try await collection.verify()
            #expect(try collection.info().damages.contains { $0.contains("graph-") })
            try await collection.optimize()
            #expect(try collection.info().linked == reference.count)
            #expect(try VectorFixture.contents(collection).mapValues(\.vector) == reference)
            #expect(
                try VectorFixture.recall(
                    collection,
                    reference,
                    VectorFixture.vectors(20, dimension: 64, seed: 3),
                    ef: 100
                ) >= 0.95
            )
            collection.close()
        }
    }

    @Test(arguments: [10, 5_000, 9_000]) func `what is deleted stays so when one of its two places is damaged`(
        offset: Int
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path + "/c"
            let reference = try await Self.collection(folder)
            try Self.flip(try Self.file("state", folder), at: offset)
            let collection = try VectorCollection.open(folder: folder)
            #expect(try VectorFixture.contents(collection).mapValues(\.vector) == reference)
            #expect(try collection.fetch(["p7", "p8"]).map(\.id) == ["p8"])
            collection.close()
        }
    }

    @Test func `a damaged record of the log is named, and those behind it are kept`() async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path + "/c"
            let collection = try VectorCollection.create(folder: folder, settings: try VectorFixture.settings())
            for number in 0..<10 {
                try await collection.upsert(
                    VectorFixture.points(VectorFixture.vectors(5, seed: UInt64(number)), from: number * 5)
                )
            }
            collection.close()
            let log = try Self.file("log", folder)
            try Self.flip(log, at: try Self.size(log) / 2)
            let again = try VectorCollection.open(folder: folder)
            #expect(try again.info().points == 45)
            #expect(try again.info().damages.count == 1)
            again.close()
        }
    }

    @Test func `a damaged manifest is not believed`() async throws {
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path + "/c"
            _ = try await Self.collection(folder)
            try Self.flip(folder + "/manifest", at: 30)
            #expect { try VectorCollection.open(folder: folder) } throws: { error in
                (error as? HeddleError)?.code == .collectionDamaged
            }
        }
    }
}
