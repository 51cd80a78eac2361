import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    /// Sources whose build is code of a stranger, which an operator allowed.
    @Suite("Builds that misbehave", .serialized, .timeLimit(.minutes(10)))
    struct HostileBuildTests {
        /// Packs sources of `evil`, whose build runs a script first: when that does not raise an error, it makes a good wheel.
        private static func pack(_ scratch: ScratchDirectory, _ script: String) throws {
            let folder = scratch.path + "/sdist/evil-1.0"
            try scratch.write("sdist/evil-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
            try scratch.write(
                "sdist/evil-1.0/pyproject.toml",
                "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"
            )
            let lines = script.split(separator: "\n").map { "    " + $0 + "\n" }.joined()
            try scratch.write(
                "sdist/evil-1.0/backend.py",
                """
                import os, runpy, socket, sys, time

                def build_wheel(folder, *rest):
                \(lines)
                    sys.argv = ["", folder, "evil", "1.0"]
                    runpy.run_path("make_wheel.py")
                    return "evil-1.0-py3-none-any.whl"
                """
            )
            let maker = TestEnvironment.checkout + "/Tests/Fixtures/make_wheel.py"
            try #require(system("cp '\(maker)' '\(folder)/' && mkdir -p '\(scratch.path)/wheels'") == 0)
            let line = "tar -C '\(scratch.path)/sdist' -czf '\(scratch.path)/wheels/evil-1.0.tar.gz' evil-1.0"
            try #require(system(line) == 0)
        }

        private static let registration: JSONValue = [
            "name": "evil", "source": ["kind": "pypi", "requirement": "evil", "allow_build": true],
        ]

        private static func environment(_ scratch: ScratchDirectory) -> [String: String] {
            ["PIP_NO_INDEX": "1", "PIP_FIND_LINKS": scratch.path + "/wheels", "HEDDLE_TOKEN": "0123456789abcdef0123"]
        }

        /// Has the server build a script, which has to come to its end.
        private static func build(_ server: ServerFixture, _ script: String) throws {
            try pack(server.scratch, script)
            let answer = try server.request("POST", "/api/v1/extensions", body: registration.text)
            try #require(answer.status == 201, "\(answer.json.text)")
            #expect(try server.call("evil", "name").toolText == "evil")
            #expect(!FileManager.default.fileExists(atPath: server.data + "/store"), "nothing of a build is shared")
        }

        @Test("are not run at all unless they are allowed")
        func notAllowed() async throws {
            try await ServerFixture.with {
                Self.environment($0)
            } _: { server in
                try Self.pack(server.scratch, "pass")
                let body: JSONValue = ["name": "evil", "source": ["kind": "pypi", "requirement": "evil"]]
                let answer = try server.request("POST", "/api/v1/extensions", body: body.text)
                #expect(answer.code == "INSTALLATION_FAILED" && answer.json.text.contains("building is allowed"))
                let allowed = try server.request("POST", "/api/v1/extensions", body: Self.registration.text)
                #expect(allowed.status == 201, "\(allowed.json.text)")
            }
        }

        @Test("that fail are told of, and leave nothing")
        func fails() async throws {
            try await ServerFixture.with {
                Self.environment($0)
            } _: { server in
                try Self.pack(server.scratch, "raise RuntimeError('no')")
                let answer = try server.request("POST", "/api/v1/extensions", body: Self.registration.text)
                #expect(answer.code == "INSTALLATION_FAILED", "\(answer.json.text)")
                #expect(try server.request("GET", "/api/v1/extensions?total=true").json["total"] == 0)
                let packages = (try? FileManager.default.contentsOfDirectory(atPath: server.data + "/packages")) ?? []
                #expect(packages.isEmpty && eventually { server.children.isEmpty })
            }
        }

        @Test("reach no file of the host, no secret, no server and no process")
        func curious() async throws {
            try await ServerFixture.with {
                Self.environment($0)
            } _: { server in
                try server.scratch.write("outside.txt", "secret")
                let targets = [
                    "/root/.bashrc", "/etc/shadow", server.data + "/token", server.data + "/heddle.sqlite",
                    server.scratch.path + "/outside.txt", "/proc/\(server.process.processID)/environ",
                ]
                let places = ["/etc", "/usr/lib", server.data, server.scratch.path, "/root", "/"]
                try Self.build(
                    server,
                    """
                    found = []
                    def attempt(name, action):
                        try:
                            action()
                            found.append(name)
                        except OSError:
                            pass
                    for path in \(targets):
                        attempt("read " + path, lambda: open(path).read(1))
                    for path in \(places):
                        try:
                            open(path + "/evil-was-here", "w").close()
                        except OSError:
                            pass
                    attempt("connect", lambda: socket.create_connection(("127.0.0.1", \(server.port)), 2))
                    attempt("kill", lambda: os.kill(\(server.process.processID), 0))
                    if found: raise RuntimeError("it could " + ", ".join(found))
                    """
                )
                for place in places {
                    #expect(!FileManager.default.fileExists(atPath: place + "/evil-was-here"), "\(place)")
                }
            }
        }

        @Test("that start processes without end are held to their bound")
        func forks() async throws {
            try await ServerFixture.with {
                Self.environment($0)
            } _: { server in
                try Self.build(
                    server,
                    """
                    children = []
                    try:
                        while len(children) < 1000:
                            child = os.fork()
                            if child == 0:
                                time.sleep(600)
                                os._exit(0)
                            children.append(child)
                    except OSError:
                        pass
                    for child in children:
                        os.kill(child, 9)
                        os.waitpid(child, 0)
                    if not 10 < len(children) <= 256: raise RuntimeError("%d processes" % len(children))
                    """
                )
            }
        }

        @Test(
            "that fill the disk are stopped by name, and the server has its room again",
            .enabled(if: geteuid() == 0 || TestEnvironment.isCI, "skipped: not root")
        )
        func fillsDisk() async throws {
            try await ServerFixture.with {
                Self.environment($0)
            } _: { server in
                try Self.pack(
                    server.scratch,
                    """
                    for number in range(1 << 20):
                        with open("/data/%d" % number, "wb") as file:
                            file.write(bytes(1 << 20))
                    """
                )
                let (small, port) = try ArchiveSourceTests.onSmallDisk(
                    server.scratch,
                    200,
                    environment: Self.environment(server.scratch)
                )
                defer {
                    small.kill(SIGTERM)
                    _ = small.wait(seconds: 10)
                }
                func send(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> HTTPAnswer {
                    let connection = try HTTPConnection(port: port)
                    let headers = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer 0123456789abcdef0123"]
                    connection.send(server.bytes(method, path, body: body?.bytes, headers: headers))
                    return try connection.answer()
                }
                let refused = try send("POST", "/api/v1/extensions", Self.registration)
                #expect(refused.code == "STORAGE_FULL", "\(refused.json.text)")
                #expect(try send("GET", "/api/v1/extensions?total=true").json["total"] == 0)
                let echo = server.registration("echo", [server.echo])
                #expect(try send("POST", "/api/v1/extensions", echo).status == 201)
            }
        }
    }
}
