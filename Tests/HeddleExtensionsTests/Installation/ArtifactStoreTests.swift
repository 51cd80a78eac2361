import FoundationEssentials
import Glibc
import HeddleModel
import HeddleTestSupport
import Testing

@testable import HeddleExtensions

@Suite("The store of archives")
struct ArtifactStoreTests {
    @Test("removes what nobody names when it is old, and its signature with it")
    func sweep() async throws {
        try await ScratchDirectory.with { scratch in
            let store = ArtifactStore(root: scratch.path + "/artifacts")
            var artifacts: [ArtifactStore.Artifact] = []
            for name in ["kept", "old", "young"] {
                try scratch.write(name, "the content of \(name)")
                try scratch.write(name + ".minisig", "a signature")
                artifacts.append(try await store.add(file: "\(scratch.path)/\(name)", expecting: nil))
            }
            for artifact in artifacts.prefix(2) {
                for path in [artifact.path, artifact.path + ".minisig"] {
                    var times = [timeval(tv_sec: 1_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000, tv_usec: 0)]
                    try #require(utimes(path, &times) == 0)
                }
            }
            store.sweep(keeping: [artifacts[0].digest], olderThan: .seconds(3600))
            let expected = [artifacts[0], artifacts[2]]
                .flatMap { ["sha256-\($0.digest)", "sha256-\($0.digest).minisig"] }
            let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/artifacts")
            #expect(left.sorted() == expected.sorted())
            store.sweep(keeping: [])
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/artifacts").isEmpty)
        }
    }

    @Test("goes on with a download that was interrupted days ago, and not with one of last month")
    func landings() async throws {
        try await ScratchDirectory.with { scratch in
            let store = ArtifactStore(root: scratch.path + "/artifacts")
            let landing = try store.landing(for: "https://example.com/x.tar")
            for name in [landing + ".partial", landing + "2.partial"] {
                try Data("half".utf8).write(to: URL(filePath: name))
            }
            var times = [timeval(tv_sec: 1_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000, tv_usec: 0)]
            try #require(utimes(landing + "2.partial", &times) == 0)
            store.sweep(keeping: [])
            let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/artifacts")
            #expect(left.count == 1 && left.first?.hasSuffix("2.partial") == false)
        }
    }
}
