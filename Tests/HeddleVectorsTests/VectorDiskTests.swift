import Foundation
import Glibc
import HeddleModel
import HeddleTestSupport
import HeddleVectors
import Testing

/// A file system of a few megabytes that is really full.
@Suite(.enabled(if: VectorFixture.isAsked, "skipped: HEDDLE_TEST_VECTORS is not set")) struct VectorDiskTests {
    /// Whether this process may mount; elsewhere the test of a file system that says it is full has to do.
    private static let mayMount = geteuid() == 0 && TestEnvironment.hasProgram("mount")

    private static func shell(_ line: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    @Test(.enabled(if: mayMount)) func `a disk that fills up while rows are written loses nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            let disk = scratch.path + "/disk"
            guard try Self.shell("mkdir '\(disk)' && mount -t tmpfs -o size=6m tmpfs '\(disk)'") == 0 else {
                try Test.cancel("this process may not mount")
            }
            defer { _ = try? Self.shell("umount -l '\(disk)'") }
            let settings = try VectorFixture.settings(dimension: 128)
            var options = VectorCollection.Options()
            options.logBytes = 1 << 20
            var collection = try VectorCollection.create(folder: disk + "/c", settings: settings, options: options)
            var reference: [String: [Float]] = [:]
            var failure: HeddleError?
            // The log, the rows, the codes and a second copy of all while they are compacted: not all of it fits.
            for round in 0..<200 where failure == nil {
                let points = VectorFixture.points(
                    VectorFixture.vectors(50, dimension: 128, seed: UInt64(round)),
                    from: round * 50
                )
                do {
                    try await collection.upsert(points)
                    for point in points { reference[point.id] = point.vector }
                    if round % 20 == 19 { try await collection.optimize() }
                } catch {
                    failure = error as? HeddleError
                }
            }
            #expect(failure?.code == .storageFull)
            #expect(try VectorFixture.contents(collection).mapValues(\.vector) == reference)
            collection.close()
            collection = try VectorCollection.open(folder: disk + "/c", options: options)
            #expect(try VectorFixture.contents(collection).mapValues(\.vector) == reference)
            #expect(try collection.info().damages == [])
            // With room, work goes on.
            #expect(try Self.shell("mount -o remount,size=64m '\(disk)'") == 0)
            try await collection.delete(["p0"])
            try await collection.optimize()
            #expect(try collection.info().points == reference.count - 1)
            collection.close()
        }
    }
}
