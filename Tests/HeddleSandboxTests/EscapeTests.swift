import Glibc
import HeddleModel
import Testing

@testable import HeddleSandbox

@Suite(
    "A confined process",
    .enabled(if: Requirement.bubblewrap, "skipped: no bubblewrap"),
    .timeLimit(.minutes(2))
)
struct EscapeTests {
    @Test("does not see the host's shadow file", arguments: Mode.available)
    func shadow(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let result = try await fixture.shell("cat /etc/shadow && echo READ; ls -d /root /home /var; echo end")
            #expect(result.output == "end\n")
        }
    }

    @Test(
        "cannot read a root file in a directory that it may read",
        .enabled(if: geteuid() == 0, "skipped: not root"),
        arguments: Mode.available
    )
    func rootFile(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let granted = try fixture.make("granted")
            _ = try fixture.make("granted/open", text: "open", mode: 0o644, owner: 0)
            _ = try fixture.make("granted/secret", text: "secret", mode: 0o600, owner: 0)
            fixture.policy.readOnlyPaths = [granted]
            let result = try await fixture.shell("cat \(granted)/open \(granted)/secret; id -u")
            #expect(result.output == "open\(mode == .root ? "61234" : "65534")\n")
            #expect(result.error.contains("Permission denied"))
        }
    }

    @Test("writes to its own directory and nowhere else", arguments: Mode.available)
    func writes(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let granted = try fixture.make("granted", mode: 0o777)
            let other = try fixture.make("heddle/data/other", mode: 0o777)
            fixture.policy.readOnlyPaths = [granted]
            let result = try await fixture.python(
                """
                import os
                for path in ["/data/f", "/tmp/f", "/dev/shm/f", "/f", "/etc/f", "/usr/f", "/usr/bin/f", "/dev/f",
                             "/etc/passwd", "\(granted)/f", "\(other)/f", "\(fixture.scratch)/f", "/proc/sys/kernel/core_pattern"]:
                    try:
                        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                        print(path)
                    except OSError as e:
                        pass
                for path in ["/d", "/etc/d", "/dev/d"]:
                    try:
                        os.mkdir(path)
                        print(path)
                    except OSError as e:
                        pass
                """
            )
            #expect(result.output == "/data/f\n/tmp/f\n/dev/shm/f\n")
            #expect(access(fixture.policy.dataDirectory + "/f", F_OK) == 0)
        }
    }

    @Test("sees no process but its own, and no environment but its own", arguments: Mode.available)
    func processes(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.environment["GRANTED"] = "yes"
            setenv("HEDDLE_TEST_HOST_ONLY", "leak", 1)
            let result = try await fixture.python(
                """
                import os
                pids = sorted(int(p) for p in os.listdir("/proc") if p.isdigit())
                print(pids == [1, os.getpid()])
                print(sorted(os.environ))
                for pid in pids:
                    try:
                        print("leak" in open(f"/proc/{pid}/environ").read(), "HOST_ONLY" in open(f"/proc/{pid}/environ").read())
                    except PermissionError:
                        print("False False")
                print("\(fixture.scratch)" in open("/proc/1/cmdline").read().split("--")[0])
                """
            )
            let names = "['GRANTED', 'LC_CTYPE', 'PATH', 'PWD']"
            #expect(result.output == "True\n\(names)\nFalse False\nFalse False\nFalse\n")
        }
    }

    @Test("has three descriptors and no more", arguments: Mode.available)
    func descriptors(_ mode: Mode) async throws {
        // One that some library forgot to mark close-on-exec.
        let forgotten = open("/etc/hostname", O_RDONLY)
        defer { close(forgotten) }
        try await Fixture.with(mode) { fixture in
            let result = try await fixture.python(
                """
                import os
                for f in sorted(os.listdir("/proc/self/fd")):
                    try:
                        print(f, os.readlink(f"/proc/self/fd/{f}").split(":")[0])
                    except FileNotFoundError:
                        pass
                """
            )
            // The one of the listing itself is closed by then.
            #expect(result.output == "0 pipe\n1 pipe\n2 pipe\n", "\(result.error)")
        }
    }

    @Test("has no capability and cannot get one", arguments: Mode.available)
    func capabilities(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let result = try await fixture.shell(
                "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -s '\\t ' ' '"
            )
            let none = "0000000000000000"
            let lines = result.output.split(separator: "\n").map(String.init)
            #expect(
                lines == ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map { "\($0): \(none)" }
                    + ["NoNewPrivs: 1", "Seccomp: 2"]
            )
            if mode == .root {
                let groups = try await fixture.shell("id -G")
                #expect(groups.output == "61234\n")
            }
        }
    }
}
