import Foundation
import HeddleModel
import HeddleTestSupport
import Synchronization
import Testing

@testable import HeddleVectors

/// Stops at every change of a file, and at some in the middle of it.
@Suite(.enabled(if: VectorFixture.isAsked, "skipped: HEDDLE_TEST_VECTORS is not set")) struct VectorCrashTests {
    /// A file system that works so often and then never again, as after a loss of power.
    private final class Failing: Sendable {
        private let left: Mutex<Int>
        private let tears: Bool

        init(after count: Int, tears: Bool) {
            left = Mutex(count)
            self.tears = tears
        }

        /// Whether the end came.
        var hasFailed: Bool { left.withLock { $0 < 0 } }

        func verdict(_ step: FileAccess.Step) -> FileAccess.Verdict {
            left.withLock { left in
                left -= 1
                if left >= 0 { return .proceed }
                if left == -1, tears, case .write(_, let count) = step { return .tear(count / 2) }
                return .fail(5)
            }
        }
    }

    /// Works until the files fail, and returns what was acknowledged and what was only asked for.
    private static func work(
        _ folder: String,
        _ files: FileAccess
    ) async -> (sure: [String: [Float]], doubtful: Set<String>) {
        var sure: [String: [Float]] = [:]
        var doubtful: Set<String> = []
        var options = VectorCollection.Options()
        options.keepsHouse = false
        options.files = files
        do {
            let settings = try VectorFixture.settings(dimension: 8) { $0.fields = ["number": .integer] }
            let collection = try VectorCollection.create(folder: folder, settings: settings, options: options)
            defer { collection.close() }
            for round in 0..<3 {
                let points = VectorFixture.points(
                    VectorFixture.vectors(150, dimension: 8, seed: UInt64(round)),
                    from: round * 80
                )
                doubtful = Set(points.map(\.id))
                try await collection.upsert(points)
                for point in points { sure[point.id] = point.vector }
                doubtful = []
                if round == 1 { try await collection.optimize() } else { try await collection.checkpoint() }
                doubtful = ["p\(round * 80 + 3)", "p\(round * 80 + 4)"]
                try await collection.delete(Array(doubtful))
                for id in doubtful { sure[id] = nil }
                doubtful = []
            }
            try await collection.checkpoint()
        } catch {
            // That is the end that was asked for.
        }
        return (sure, doubtful)
    }

    @Test(arguments: [false, true]) func `a stop between any two changes loses nothing`(tears: Bool) async throws {
        var count = 0
        var isDone = false
        while !isDone {
            isDone = try await ScratchDirectory.with { scratch in
                let folder = scratch.path + "/c"
                let failing = Failing(after: count, tears: tears)
                let (sure, doubtful) = await Self.work(folder, FileAccess { failing.verdict($0) })
                guard FileManager.default.fileExists(atPath: folder + "/manifest") else {
                    #expect(sure.isEmpty)
                    return false
                }
                let collection = try VectorCollection.open(folder: folder)
                let found = try VectorFixture.contents(collection).mapValues(\.vector)
                for (id, vector) in sure where !doubtful.contains(id) {
                    #expect(found[id] == vector, "\(id) after \(count) changes")
                }
                for id in found.keys where sure[id] == nil {
                    #expect(doubtful.contains(id), "\(id) after \(count) changes")
                }
                #expect(try collection.info().damages == [], "after \(count) changes")
                // It is as good as new: work goes on.
                try await collection.upsert([VectorPoint(id: "new", vector: [1, 2, 3, 4, 5, 6, 7, 8])])
                try await collection.optimize()
                #expect(try collection.fetch(["new"]).count == 1)
                collection.close()
                return !failing.hasFailed
            }
            count += 1
        }
        #expect(count > 60)
    }

    @Test func `a full disk refuses writes, loses nothing and gives way again`() async throws {
        try await ScratchDirectory.with { scratch in
            let box = Flag()
            var options = VectorCollection.Options()
            options.files = FileAccess { step in
                if case .write = step, box.value { return .fail(28) }
                return .proceed
            }
            let collection = try VectorCollection.create(
                folder: scratch.path + "/c",
                settings: try VectorFixture.settings(),
                options: options
            )
            let points = VectorFixture.points(VectorFixture.vectors(500))
            try await collection.upsert(points)
            box.value = true
            for work: @Sendable () async throws -> Void in [
                { try await collection.delete(["p1"]) }, { try await collection.checkpoint() },
                { try await collection.optimize() },
            ] {
                do {
                    try await work()
                    Issue.record("a full disk took a write")
                } catch {
                    #expect((error as? HeddleError)?.code == .storageFull)
                }
            }
            #expect(try collection.search(VectorQuery(points[0].vector)).first?.id == "p0")
            box.value = false
            try await collection.optimize()
            try await collection.delete(["p1"])
            collection.close()
            let again = try VectorCollection.open(folder: scratch.path + "/c")
            #expect(try again.info().points == 499)
            again.close()
        }
    }

    private final class Flag: Sendable {
        private let flag = Mutex(false)

        var value: Bool {
            get { flag.withLock { $0 } }
            set { flag.withLock { $0 = newValue } }
        }
    }
}
