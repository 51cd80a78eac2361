import FoundationEssentials
import Glibc
import HeddleTestSupport
import Testing

@testable import HeddleExtensions

@Suite("The folders of sessions")
struct SessionFoldersTests {
    @Test("go when they are old or too many, the oldest first, and never while they are used")
    func prune() async throws {
        try await ScratchDirectory.with { scratch in
            let now = time(nil)
            for number in 0..<10 {
                try scratch.write("sessions/\(number)/data", "x")
                var times = [
                    timespec(tv_sec: now - number * 100, tv_nsec: 0), timespec(tv_sec: now - number * 100, tv_nsec: 0),
                ]
                utimensat(AT_FDCWD, scratch.path + "/sessions/\(number)", &times, 0)
            }
            var folders = SessionFolders(root: scratch.path + "/sessions")
            let names = {
                Set((try? FileManager.default.contentsOfDirectory(atPath: scratch.path + "/sessions")) ?? [])
            }
            folders.prune(keeping: [])
            #expect(names().count == 10)
            folders.most = 4
            folders.prune(keeping: [scratch.path + "/sessions/9"])
            #expect(names() == ["0", "1", "2", "3", "9"])
            folders.age = 250
            folders.prune(keeping: [])
            #expect(names() == ["0", "1", "2", "9"], "9 was marked as used")
        }
    }
}
