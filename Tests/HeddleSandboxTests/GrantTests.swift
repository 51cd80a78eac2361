import Glibc
import HeddleModel
import Testing

@testable import HeddleSandbox

@Suite("A granted path", .enabled(if: Requirement.bubblewrap, "skipped: no bubblewrap"), .timeLimit(.minutes(2)))
struct GrantTests {
    @Test("is refused when it is the root, the kernel's or the extension's own place", arguments: Mode.available)
    func reserved(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            symlink("/", fixture.scratch + "/root")
            symlink("/proc", fixture.scratch + "/proc")
            let base = fixture.policy
            let paths = [
                "/", "/proc", "/proc/self/root", "/sys", "/sys/kernel", "/dev", "/dev/shm", "/usr/..", "//",
                fixture.scratch + "/root", fixture.scratch + "/root/", fixture.scratch + "/proc", "relative",
                fixture.scratch, fixture.scratch + "/heddle", fixture.scratch + "/heddle/data",
                base.dataDirectory,
            ]
            for path in paths {
                for isWritable in [false, true] {
                    fixture.policy = base
                    if isWritable {
                        fixture.policy.writablePaths = [path]
                    } else {
                        fixture.policy.readOnlyPaths = [path]
                    }
                    let fixture = fixture
                    let error = await #expect(throws: HeddleError.self, "\(path)") {
                        _ = try await fixture.run(["/bin/true"])
                    }
                    #expect(error?.code == .grantRefused, "\(path)")
                }
            }
        }
    }

    @Test("is refused when it holds or lies in what the server protects", arguments: Mode.available)
    func protected(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let token = try fixture.make("server")
            _ = try fixture.make("server/token", text: "t", mode: 0o644)
            let free = try fixture.make("server/free")
            let sandbox = mode.makeSandbox(.init(protectedPaths: [token + "/token"]))
            for (path, code) in [
                (token, HeddleError.Code.grantRefused), (token + "/token", .grantRefused), (free, nil),
            ] {
                fixture.policy.readOnlyPaths = [path]
                let fixture = fixture
                do {
                    _ = try await fixture.run(["/bin/true"], in: sandbox)
                    #expect(code == nil)
                } catch let error as HeddleError {
                    #expect(error.code == code)
                }
            }
        }
    }

    @Test("is named when it is not there or not readable", arguments: Mode.available)
    func unreadable(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let closed = try fixture.make("closed", mode: 0o700, owner: 0)
            let secret = try fixture.make("secret", text: "s", mode: 0o640, owner: 0)
            let readOnly = try fixture.make("read-only", mode: 0o755, owner: 0)
            let base = fixture.policy
            let missing = fixture.scratch + "/missing"
            for (path, isWritable) in [(missing, false), (closed, false), (secret, false), (readOnly, true)]
            where geteuid() == 0 || path == missing {
                fixture.policy = base
                if isWritable { fixture.policy.writablePaths = [path] } else { fixture.policy.readOnlyPaths = [path] }
                let fixture = fixture
                let error = await #expect(throws: HeddleError.self, "\(path)") {
                    _ = try await fixture.run(["/bin/true"])
                }
                #expect(error?.code == .pathNotReadable, "\(path)")
                #expect(error?.details["path"] == path)
            }
        }
    }

    @Test(
        "is readable below directories that its user may not enter",
        .enabled(if: geteuid() == 0, "skipped: not root")
    )
    func closedAncestors() async throws {
        try await Fixture.with(.root) { fixture in
            _ = try fixture.make("home", mode: 0o700, owner: 0)
            let project = try fixture.make("home/project")
            _ = try fixture.make("home/project/file", text: "text", mode: 0o644)
            _ = try fixture.make("home/other", text: "other", mode: 0o644)
            fixture.policy.readOnlyPaths = [project]
            let result = try await fixture.shell("cat \(project)/file; ls \(fixture.scratch)/home")
            #expect(result.output == "textproject\n")
        }
    }

    @Test("works through its links and at its target", arguments: Mode.available)
    func links(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let real = try fixture.make("real")
            _ = try fixture.make("real/sub")
            _ = try fixture.make("real/sub/file", text: "text", mode: 0o644)
            symlink("real", fixture.scratch + "/relative")
            symlink(fixture.scratch + "/relative", fixture.scratch + "/absolute")
            let link = fixture.scratch + "/absolute/sub"
            fixture.policy.readOnlyPaths = [link]
            let result = try await fixture.shell(
                "cat \(link)/file \(real)/sub/file \(fixture.scratch)/relative/sub/file"
            )
            #expect(result.output == "texttexttext", "\(result.error)")
        }
    }

    @Test("may be read-only within a writable one, and the other way round", arguments: Mode.available)
    func nested(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let outer = try fixture.make("outer", mode: 0o777)
            let inner = try fixture.make("outer/inner", mode: 0o777)
            let base = fixture.policy
            for isOuterWritable in [true, false] {
                fixture.policy = base
                fixture.policy.writablePaths = [isOuterWritable ? outer : inner]
                fixture.policy.readOnlyPaths = [isOuterWritable ? inner : outer]
                let result = try await fixture.shell("touch \(outer)/a && echo outer; touch \(inner)/b && echo inner")
                #expect(result.output == (isOuterWritable ? "outer\n" : "inner\n"), "\(result.error)")
            }
        }
    }

    @Test("cannot be pointed elsewhere by the extension that may write above it", arguments: Mode.available)
    func planted(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let outer = try fixture.make("outer", mode: 0o777, owner: mode.userID)
            let target = try fixture.make("target")
            fixture.policy.writablePaths = [outer]
            fixture.policy.readOnlyPaths = [outer + "/cache"]
            symlink(target, outer + "/cache")
            let fixture = fixture
            let error = await #expect(throws: HeddleError.self) { _ = try await fixture.run(["/bin/true"]) }
            #expect(error?.code == .grantRefused)
        }
    }
}
