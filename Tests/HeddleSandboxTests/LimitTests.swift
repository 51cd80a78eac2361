import Glibc
import HeddleModel
import Testing

@testable import HeddleSandbox

@Suite("A limit", .enabled(if: Requirement.bubblewrap, "skipped: no bubblewrap"), .timeLimit(.minutes(2)))
struct LimitTests {
    @Test("holds against a fork bomb of 10,000", arguments: Mode.available)
    func forkBomb(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.limits.processes = 32
            let result = try await fixture.python(
                """
                import os, time
                made = 0
                for _ in range(10000):
                    try:
                        if os.fork() == 0:
                            time.sleep(100)
                            os._exit(0)
                        made += 1
                    except BlockingIOError:
                        pass
                print(made)
                """
            )
            let made = try #require(Int(result.output.dropLast()))
            #expect((20...32).contains(made))
        }
    }

    @Test("holds against one process that eats memory", arguments: Mode.available)
    func memoryHog(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.limits.memoryBytes = 96 << 20
            let result = try await fixture.python(
                """
                hold = []
                try:
                    while True:
                        hold.append(bytearray(b"x" * (4 << 20)))
                except MemoryError:
                    print(len(hold) * 4)
                """
            )
            let megabytes = Int(result.output.dropLast())
            #expect(result.wasKilledForMemory || megabytes.map { (20...96).contains($0) } == true)
        }
    }

    @Test("holds for memory that processes share", arguments: Mode.available)
    func sharedMemory(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.limits.memoryBytes = 96 << 20
            let result = try await fixture.python(
                """
                import mmap, time
                hold = []
                for _ in range(64):
                    area = mmap.mmap(-1, 8 << 20)
                    area.write(b"x" * (8 << 20))
                    hold.append(area)
                    time.sleep(0.02)
                time.sleep(2)
                print("all of it")
                """
            )
            #expect(result.wasKilledForMemory && result.output.isEmpty)
        }
    }

    @Test("on processor time is refused where nothing keeps it")
    func processorTime() async throws {
        try await Fixture.with(.user) { fixture in
            fixture.policy.limits.cpuPercent = 50
            let privilege = Privilege.user(prefix: ["/usr/bin/env"], id: fixture.mode.userID)
            let sandbox = Sandbox(configuration: .init(), privilege: privilege)
            let error = await #expect(throws: HeddleError.self) { try await fixture.launch(["/bin/true"], in: sandbox) }
            #expect(error?.code == .sandboxUnavailable && error?.details["limit"] == "cpu_percent")
        }
    }

    @Test("holds against a tree whose members are each below it", arguments: Mode.available)
    func memoryTree(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.limits.memoryBytes = 128 << 20
            let process = try await fixture.launch([
                "/usr/bin/python3", "-I", "-S", "-c",
                """
                import os, time
                for _ in range(6):
                    if os.fork() == 0:
                        hold = bytearray(b"x" * (48 << 20))
                        time.sleep(60)
                        os._exit(0)
                time.sleep(60)
                """,
            ])
            Fixture.closeStreams(process)
            switch mode {
            case .root:
                // The kernel ends the largest member each time, and the rest goes on.
                var peak = 0
                for _ in 0..<20 {
                    try await Task.sleep(for: .milliseconds(50))
                    peak = max(peak, process.resourceUsage().memoryBytes)
                }
                #expect(peak <= 128 << 20)
                #expect(peak > 32 << 20)
                await process.terminate(grace: .zero)
            case .user:
                #expect(await process.exit == .signalled(SIGKILL))
            }
            #expect(process.wasKilledForMemory)
        }
    }

    @Test("holds for the size of a file, of /tmp and of /dev/shm", arguments: Mode.available)
    func files(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.limits.fileBytes = 1 << 20
            fixture.policy.limits.temporaryBytes = 1 << 20
            let result = try await fixture.python(
                """
                import os
                def fill(path, count):
                    try:
                        for i in range(count):
                            f = os.open(f"{path}{i}", os.O_WRONLY | os.O_CREAT)
                            for _ in range(8):
                                os.write(f, b"x" * (256 << 10))
                                if count > 1:
                                    break
                        print("done")
                    except OSError as e:
                        print(e.errno)
                fill("/data/one", 1)
                fill("/data/many", 8)
                fill("/tmp/many", 8)
                fill("/dev/shm/many", 8)
                """
            )
            #expect(result.output == "27\ndone\n28\n28\n")
        }
    }

    @Test("holds for open files and core dumps", arguments: Mode.available)
    func descriptors(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.limits.openFiles = 64
            let result = try await fixture.shell("ulimit -Hn; ulimit -Hc")
            #expect(result.output == "64\n0\n")
        }
    }

    @Test("leaves no control group behind", .enabled(if: geteuid() == 0, "skipped: not root"))
    func groups() async throws {
        let name = "heddle-test-groups"
        let groups = try #require(ControlGroups(name: name))
        defer { for hierarchy in groups.hierarchies { rmdir(hierarchy.directory) } }
        try await Fixture.with(.root) { fixture in
            // What a dead server left: its number is taken by a process with another start time.
            let stale = try #require(groups.hierarchies.first).directory + "/\(getpid())-1.7"
            try #require(mkdir(stale, 0o755) == 0)
            let sandbox = Mode.root.makeSandbox(.init(cgroupName: name))
            #expect(sandbox.findings().filter { !$0.isAvailable }.isEmpty)
            #expect(access(stale, F_OK) != 0)
            let process = try await fixture.launch(["/bin/sleep", "100"], in: sandbox)
            Fixture.closeStreams(process)
            func count() -> Int {
                groups.hierarchies.reduce(0) { sum, hierarchy in
                    sum + ProcessTree.entries(hierarchy.directory).filter { $0.contains("-") }.count
                }
            }
            #expect(count() >= 2)
            await process.terminate(grace: .zero)
            #expect(count() == 0)
        }
    }
}
