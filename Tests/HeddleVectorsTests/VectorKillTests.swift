import Foundation
import Glibc
import HeddleTestSupport
import HeddleVectors
import Testing

/// Ends a process that writes without warning, again and again, and looks at what the next one finds.
@Suite(.enabled(if: VectorFixture.isAsked, "skipped: HEDDLE_TEST_VECTORS is not set")) struct VectorKillTests {
    /// What one step does to a collection, by its number alone.
    private enum Step {
        case upsert([VectorPoint])
        case delete([String])
        case checkpoint
        case optimize

        init(_ number: Int) {
            var random = SplitMix64(seed: UInt64(number) &* 77 &+ 5)
            switch number % 12 {
            case 3, 7: self = .delete((0..<25).map { _ in "p\(Int.random(in: 0..<600, using: &random))" })
            case 9: self = .checkpoint
            case 11: self = .optimize
            default:
                let first = Int.random(in: 0..<560, using: &random)
                let vectors = VectorFixture.vectors(40, dimension: 8, seed: UInt64(number))
                self = .upsert(VectorFixture.points(vectors, from: first))
            }
        }

        func apply(to reference: inout [String: [Float]]) {
            switch self {
            case .upsert(let points): for point in points { reference[point.id] = point.vector }
            case .delete(let ids): for id in ids { reference[id] = nil }
            case .checkpoint, .optimize: break
            }
        }
    }

    private static func options() -> VectorCollection.Options {
        var options = VectorCollection.Options()
        options.logBytes = 60_000
        options.deadPercent = 10
        return options
    }

    /// Works from a step on until it is ended, and says in a file which steps were acknowledged.
    private static func work(_ folder: String) async throws {
        let start = try Int(String(contentsOfFile: folder + "/start", encoding: .utf8)) ?? 0
        let delay = try UInt32(String(contentsOfFile: folder + "/delay", encoding: .utf8)) ?? 0
        let collection = try VectorCollection.open(folder: folder + "/c", options: options())
        Thread.detachNewThread {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
        let acknowledged = open(folder + "/acknowledged", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        for number in start... {
            switch Step(number) {
            case .upsert(let points): try await collection.upsert(points)
            case .delete(let ids): try await collection.delete(ids)
            case .checkpoint: try await collection.checkpoint()
            case .optimize: try await collection.optimize()
            }
            let line = Array("\(number)\n".utf8)
            guard write(acknowledged, line, line.count) == line.count else { return }
        }
    }

    @Test func `nothing acknowledged is lost when the process is killed`() async throws {
        let rounds = Int(ProcessInfo.processInfo.environment["HEDDLE_TEST_ROUNDS"] ?? "").map { $0 * 5 } ?? 10
        try await ScratchDirectory.with { scratch in
            let folder = scratch.path
            let settings = try VectorFixture.settings(dimension: 8) { $0.fields = ["number": .integer] }
            try VectorCollection.create(folder: folder + "/c", settings: settings).close()
            var random = SplitMix64(seed: 2_026)
            var reference: [String: [Float]] = [:]
            var next = 0
            for round in 0..<rounds {
                try scratch.write("start", String(next))
                try scratch.write("delay", String(Int.random(in: 20_000..<400_000, using: &random)))
                try? FileManager.default.removeItem(atPath: folder + "/acknowledged")
                await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String] in
                    try await Self.work(folder)
                }
                let text = (try? String(contentsOfFile: folder + "/acknowledged", encoding: .utf8)) ?? ""
                for line in text.split(separator: "\n") {
                    let number = try #require(Int(line))
                    #expect(number == next)
                    Step(number).apply(to: &reference)
                    next += 1
                }
                let collection = try VectorCollection.open(folder: folder + "/c", options: Self.options())
                let found = try VectorFixture.contents(collection).mapValues(\.vector)
                // The step after the last may have come to the disk without anybody being told.
                var after = reference
                Step(next).apply(to: &after)
                if found == after, found != reference {
                    reference = after
                    next += 1
                }
                #expect(found == reference, "round \(round), step \(next)")
                #expect(try collection.info().damages == [])
                let queries = VectorFixture.vectors(5, dimension: 8, seed: UInt64(round + 900))
                #expect(try VectorFixture.recall(collection, reference, queries, ef: 100) >= 0.9)
                collection.close()
            }
            #expect(next > 0)
        }
    }
}
