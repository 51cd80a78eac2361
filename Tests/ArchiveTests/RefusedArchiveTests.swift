import Archive
import Foundation
import Testing

@Suite("An archive of a stranger")
struct RefusedArchiveTests {
    @Test("is refused, and nothing of it stays", arguments: RefusedArchive.all)
    func refused(_ archive: RefusedArchive) throws {
        try ArchiveScratch.with { scratch in
            let error = try #require(try scratch.refusal(of: archive.bytes, limits: archive.limits))
            #expect(error.reason == archive.reason, "\(error)")
            #expect(error.message.first?.isLowercase == true)
            #expect(
                error.entry.map { error.message.hasPrefix("the entry \"\($0)\" ") }
                    ?? error.message.hasPrefix("the archive ")
            )
            #expect(!FileManager.default.fileExists(atPath: "/tmp/archive-test-evil"))
        }
    }

    @Test("is refused inside of gzip for the same reason", arguments: RefusedArchive.tars + RefusedArchive.names)
    func refusedInGzip(_ archive: RefusedArchive) throws {
        guard !archive.bytes.starts(with: "PK".utf8) else { return }
        try ArchiveScratch.with { scratch in
            let error = try scratch.refusal(of: Deflate.gzip(archive.bytes), limits: archive.limits)
            #expect(error?.reason == archive.reason)
        }
    }

    @Test("covers every reason but those of the system")
    func covered() {
        let reasons = Set(RefusedArchive.all.map(\.reason))
        #expect(Set(ArchiveError.Reason.allCases).subtracting(reasons) == [.readFailed, .writeFailed, .storageFull])
        #expect(Set(RefusedArchive.all.map(\.name)).count > 45)
    }
}
