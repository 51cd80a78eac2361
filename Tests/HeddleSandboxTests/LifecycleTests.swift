import Glibc
import HeddleModel
import Testing

@testable import HeddleSandbox

@Suite(
    "A sandboxed process",
    .enabled(if: Requirement.bubblewrap, "skipped: no bubblewrap"),
    .timeLimit(.minutes(2))
)
struct LifecycleTests {
    @Test("has its standard streams on pipes and its exit code on record", arguments: Mode.available)
    func streams(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let script = "cat; echo two >&2; pwd; exit 7"
            let result = try await fixture.run(["/bin/sh", "-c", script], input: "one\n")
            #expect(result.output == "one\n/data\n")
            #expect(result.error == "two\n")
            #expect(result.exit == .exited(7))
        }
    }

    @Test("that ends at once still starts", arguments: Mode.available)
    func short(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            for _ in 0..<20 {
                let success = try await fixture.run(["/bin/true"])
                let failure = try await fixture.run(["/bin/false"])
                #expect(success.exit == .exited(0))
                #expect(failure.exit == .exited(1))
            }
        }
    }

    @Test("exits with 127 when its command is not there", arguments: Mode.available)
    func missing(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let result = try await fixture.run(["no-such-program"])
            #expect(result.exit == .exited(127))
            #expect(result.error.contains("no-such-program"))
        }
    }

    @Test("handles SIGTERM itself", arguments: Mode.available)
    func handler(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let script = "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
            let process = try await fixture.launch(["/bin/sh", "-c", script])
            #expect(await Fixture.readLine(process.standardOutput) == "ready")
            await process.terminate(grace: .seconds(10))
            #expect(await process.exit == .exited(3))
            #expect(await Fixture.readLine(process.standardOutput) == "bye")
            #expect(!process.isRunning)
            Fixture.closeStreams(process)
        }
    }

    @Test("is gone with its grandchildren when it ignores SIGTERM", arguments: Mode.available)
    func stubborn(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let marker = "9876\(UInt32.random(in: 100_000...999_999))"
            let script =
                "trap '' TERM HUP INT; (setsid /bin/sh -c 'sleep \(marker) & sleep \(marker)' &) ; echo ready; sleep \(marker)"
            let process = try await fixture.launch(["/bin/sh", "-c", script])
            #expect(await Fixture.readLine(process.standardOutput) == "ready")
            try await Task.sleep(for: .milliseconds(200))
            #expect(Fixture.commandLines().filter { $0 == "sleep \(marker)" }.count == 3)
            let time = await ContinuousClock()
                .measure {
                    async let first: Void = process.terminate(grace: .milliseconds(300))
                    async let second: Void = process.terminate(grace: .milliseconds(300))
                    _ = await (first, second)
                }
            #expect(time >= .milliseconds(290))
            #expect(time < .seconds(3))
            #expect(Fixture.commandLines().filter { $0.contains(marker) }.isEmpty)
            #expect(await process.exit == .signalled(SIGKILL))
            await process.terminate(grace: .seconds(1))
            Fixture.closeStreams(process)
        }
    }

    @Test("takes its tree along when its command ends", arguments: Mode.available)
    func orphans(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let marker = "9875\(UInt32.random(in: 100_000...999_999))"
            let process = try await fixture.launch(["/bin/sh", "-c", "setsid sleep \(marker) & sleep 0.2"])
            #expect(await process.exit == .exited(0))
            #expect(Fixture.commandLines().filter { $0.contains("sleep \(marker)") }.isEmpty)
            Fixture.closeStreams(process)
        }
    }

    @Test("shows no secret on any command line of the machine", arguments: Mode.available)
    func secrets(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let secret = "secret-\(UInt64.random(in: 1 << 60 ... .max))"
            fixture.policy.environment["TOKEN"] = secret
            let process = try await fixture.launch(["/bin/sh", "-c", "echo $TOKEN; sleep 100"])
            #expect(await Fixture.readLine(process.standardOutput) == secret)
            let lines = Fixture.commandLines()
            #expect(lines.contains { $0.contains("echo $TOKEN") })
            #expect(lines.filter { $0.contains(secret) }.isEmpty)
            await process.terminate(grace: .zero)
            Fixture.closeStreams(process)
        }
    }

    @Test("gets loader variables, which bwrap does not", arguments: Mode.available)
    func loaderVariables(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let place = try fixture.make("loader", mode: 0o777)
            fixture.policy.environment["LD_DEBUG"] = "libs"
            fixture.policy.environment["LD_DEBUG_OUTPUT"] = place + "/trace"
            fixture.policy.writablePaths = [place]
            let process = try await fixture.launch(["/bin/sh", "-c", "echo $LD_DEBUG; sleep 0"])
            #expect(await Fixture.readLine(process.standardOutput) == "libs")
            _ = await process.exit
            // The command and its child wrote their traces; nothing outside the sandbox did.
            let names = ProcessTree.entries(place)
            #expect(!names.isEmpty)
            #expect(names.allSatisfy { (Int32($0.dropFirst("trace.".count)) ?? 0) < 10 }, "\(names)")
            Fixture.closeStreams(process)
        }
    }

    @Test("starts fifty times at once", arguments: Mode.available)
    func concurrent(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let fixture = fixture
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { group in
                for number in 0..<50 {
                    group.addTask { (number, try await fixture.shell("echo \(number)").output) }
                }
                return try await group.reduce(into: [(Int, String)]()) { $0.append($1) }
            }
            #expect(answers.count == 50)
            #expect(answers.allSatisfy { $0.1 == "\($0.0)\n" })
        }
    }

    @Test("leaves no descriptor open in the server", arguments: Mode.available)
    func descriptorLeak(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            func count() -> Int { ProcessTree.entries("/proc/self/fd").count }
            _ = try await fixture.run(["/bin/true"])
            let before = count()
            for _ in 0..<40 { _ = try await fixture.run(["/bin/true"]) }
            fixture.policy.workingDirectory = "/data"
            fixture.policy.readOnlyPaths = ["/nowhere"]
            for _ in 0..<40 {
                await #expect(throws: HeddleError.self) { _ = try await fixture.run(["/bin/true"]) }
            }
            // Other tests run in this process too; theirs come and go.
            for _ in 0..<100 where count() > before + 20 { try await Task.sleep(for: .milliseconds(100)) }
            #expect(count() <= before + 20)
        }
    }

    @Test("is refused above the bound, and let in again below it", arguments: Mode.available)
    func bound(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let sandbox = mode.makeSandbox(.init(maximumProcesses: 2))
            let first = try await fixture.launch(["/bin/sleep", "100"], in: sandbox)
            let second = try await fixture.launch(["/bin/sleep", "100"], in: sandbox)
            let error = await #expect(throws: HeddleError.self) {
                _ = try await fixture.launch(["/bin/sleep", "100"], in: sandbox)
            }
            #expect(error?.code == .tooManyRequests)
            #expect(error?.details["limit"] == "2")
            await first.terminate(grace: .zero)
            let third = try await fixture.launch(["/bin/sleep", "100"], in: sandbox)
            for process in [second, third] { await process.terminate(grace: .zero) }
            for process in [first, second, third] { Fixture.closeStreams(process) }
            #expect(sandbox.liveProcesses == 0)
        }
    }

    @Test("of level none sees the host, in a pid namespace and with its own environment", arguments: Mode.available)
    func trusted(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.level = .none
            let result = try await fixture.shell(
                "env | sort; ls -d /proc/[0-9]* | wc -l; ls -d \(fixture.scratch); ls /proc/self/fd"
            )
            let lines = result.output.split(separator: "\n").map(String.init)
            #expect(lines.prefix(2) == ["PATH=/usr/bin:/bin", "PWD=\(fixture.policy.dataDirectory)"])
            #expect(lines.count > 4, "\(result.error)")
            #expect(Int(lines[2]).map { $0 < 8 } == true)
            #expect(Array(lines.dropFirst(3)) == [fixture.scratch, "0", "1", "2", "3"])
        }
    }

    @Test("whose set-up fails does not start, and the cause says why", arguments: Mode.available)
    func setUpFailure(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let sandbox = mode.makeSandbox()
            let file = try fixture.make("file", text: "", mode: 0o644)
            let base = fixture.policy
            fixture.policy.workingDirectory = "/data/missing"
            let missing = fixture
            let first = await #expect(throws: HeddleError.self) {
                _ = try await missing.run(["/bin/true"], in: sandbox)
            }
            #expect(first?.code == .startFailed)
            #expect(first.map { "\($0)".contains("chdir") } == true)
            fixture.policy = base
            fixture.policy.dataDirectory = file
            let wrong = fixture
            let second = await #expect(throws: HeddleError.self) { _ = try await wrong.run(["/bin/true"], in: sandbox) }
            #expect(second?.code == .startFailed)
            for command in [[], [""], ["/bin/echo", "a\0b"]] {
                let third = await #expect(throws: HeddleError.self) { _ = try await wrong.run(command, in: sandbox) }
                #expect(third?.code == .startFailed)
            }
            for _ in 0..<100 where sandbox.liveProcesses > 0 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(sandbox.liveProcesses == 0)
        }
    }

    @Test("is killed when nobody holds it any more", arguments: Mode.available)
    func dropped(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let sandbox = mode.makeSandbox()
            do {
                let process = try await fixture.launch(["/bin/sleep", "100"], in: sandbox)
                Fixture.closeStreams(process)
                #expect(sandbox.liveProcesses == 1)
            }
            for _ in 0..<100 where sandbox.liveProcesses > 0 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(sandbox.liveProcesses == 0)
        }
    }
}
