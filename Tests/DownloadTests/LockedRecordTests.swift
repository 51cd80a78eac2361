import Glibc
import HeddleTestSupport
import Synchronization
import Testing

@testable import Download

@Suite("The lock of a download")
struct LockedRecordTests {
    private final class Counts: Sendable {
        let holders = Mutex(0)
        let rounds = Mutex(0)
        let together = Mutex(0)
    }

    @Test("is held by one at a time, although its file is removed each time")
    func exclusive() async throws {
        try await ScratchDirectory.with { scratch in
            let path = scratch.path
            let counts = Counts()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                        defer { close(folder) }
                        for _ in 0..<20_000 {
                            guard let lock = try? LockedRecord(folder: folder, name: "lock") else { continue }
                            let others = counts.holders.withLock { holders in
                                holders += 1
                                return holders - 1
                            }
                            if others > 0 { counts.together.withLock { $0 += 1 } }
                            // Who removes the file is done with what it protects.
                            counts.holders.withLock { $0 -= 1 }
                            unlinkat(folder, "lock", 0)
                            lock.release()
                            counts.rounds.withLock { $0 += 1 }
                        }
                    }
                }
            }
            #expect(counts.rounds.withLock(\.self) > 1000)
            #expect(counts.together.withLock(\.self) == 0)
        }
    }
}
