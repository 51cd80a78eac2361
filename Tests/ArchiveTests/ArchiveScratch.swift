import Archive
import Foundation
import Glibc
import Testing

/// A folder for one test with the folder to unpack into, and something beside it that has to stay as it is.
struct ArchiveScratch {
    let path: String
    /// The folder to unpack into.
    var target: String { path + "/target" }
    /// The archive, beside the folder.
    var archive: String { path + "/archive" }

    private static let sentinel = Data("untouched".utf8)
    private var sentinelPath: String { path + "/sentinel" }

    /// Runs a test with a folder that is gone after it.
    static func with<Value>(_ body: (ArchiveScratch) throws -> Value) throws -> Value {
        let scratch = ArchiveScratch(path: "/tmp/archive-test-\(UUID().uuidString.lowercased())")
        try FileManager.default.createDirectory(atPath: scratch.target, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch.path) }
        try sentinel.write(to: URL(filePath: scratch.sentinelPath))
        return try body(scratch)
    }

    /// Writes the archive.
    func write(_ bytes: [UInt8]) throws {
        // What Foundation writes goes to the disk at once, and so does a file that is written again; both take long.
        unlink(archive)
        let file = try #require(fopen(archive, "w"))
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
    }

    /// Checks that nothing beside the folder has changed.
    func expectNothingOutside(_ location: SourceLocation = #_sourceLocation) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        #expect(Set(names).subtracting(["archive"]) == ["sentinel", "target"], sourceLocation: location)
        #expect(try Data(contentsOf: URL(filePath: sentinelPath)) == Self.sentinel, sourceLocation: location)
    }

    /// Checks that the folder is as it was before.
    func expectEmpty(_ location: SourceLocation = #_sourceLocation) throws {
        try expectNothingOutside(location)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == [], sourceLocation: location)
    }

    /// Writes an archive, expects it to be refused when it is unpacked and when it is listed, and gives the error.
    func refusal(
        of bytes: [UInt8],
        limits: ArchiveLimits = ArchiveLimits(),
        _ location: SourceLocation = #_sourceLocation
    ) throws -> ArchiveError? {
        try write(bytes)
        return try refusal(limits: limits, location)
    }

    /// Expects the archive that is there to be refused.
    func refusal(
        limits: ArchiveLimits = ArchiveLimits(),
        _ location: SourceLocation = #_sourceLocation
    ) throws -> ArchiveError? {
        let unpacker = ArchiveUnpacker(limits: limits)
        let error = #expect(throws: ArchiveError.self, sourceLocation: location) {
            try unpacker.unpack(archive, into: target)
        }
        try expectEmpty(location)
        let listing = #expect(throws: ArchiveError.self, sourceLocation: location) { try unpacker.list(archive) }
        #expect(listing == error, sourceLocation: location)
        return error
    }

    /// Unpacks an archive and gives what is in the folder afterwards.
    func unpack(_ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits()) throws -> [String: UnpackedFile] {
        try write(bytes)
        let contents = try ArchiveUnpacker(limits: limits).unpack(archive, into: target)
        try expectNothingOutside()
        let tree = try UnpackedFile.tree(target)
        #expect(contents.files == tree.values.count { !$0.isFolder })
        #expect(contents.folders == tree.values.count { $0.isFolder })
        #expect(contents.bytes == tree.values.reduce(0) { $0 + $1.bytes.count })
        try expectListing(of: tree, limits)
        return tree
    }

    private func expectListing(of tree: [String: UnpackedFile], _ limits: ArchiveLimits) throws {
        let entries = try ArchiveUnpacker(limits: limits).list(archive).filter { !$0.path.isEmpty }
        #expect(Set(entries.map(\.path)).count == entries.count)
        for entry in entries {
            let file = try #require(tree[entry.path])
            #expect(entry.isFolder == file.isFolder)
            #expect(entry.isExecutable == (!file.isFolder && file.mode == 0o755))
            #expect(entry.size == file.bytes.count)
        }
        #expect(entries.count { !$0.isFolder } == tree.values.count { !$0.isFolder })
    }
}
