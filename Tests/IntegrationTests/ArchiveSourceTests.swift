import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Extensions from archives", .serialized)
    struct ArchiveSourceTests {
        /// Writes an extension's folder and packs it; the archive's path.
        private static func packed(_ server: ServerFixture, _ ending: String, name: String = "packed") throws -> String
        {
            let folder = server.scratch.path + "/pack/\(name)-1.0"
            try? FileManager.default.removeItem(atPath: server.scratch.path + "/pack")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for script in ["misbehave.py", "probes.py"] {
                let source = TestEnvironment.checkout + "/Tests/Fixtures/" + script
                try FileManager.default.copyItem(atPath: source, toPath: folder + "/" + script)
            }
            let manifest: JSONValue = [
                "name": .string(name), "version": "1.0.0",
                "runtime": ["command": ["/usr/bin/python3", "misbehave.py"]],
            ]
            try server.scratch.write("pack/\(name)-1.0/extension.json", manifest.text)
            let archive = "\(server.scratch.path)/\(name).\(ending)"
            let kind = ending == "zip" ? "zip" : "gztar"
            let script = """
                import shutil, sys
                made = shutil.make_archive(sys.argv[1], sys.argv[2], sys.argv[3])
                shutil.move(made, sys.argv[4])
                """
            let made = try ChildProcess(
                ["/usr/bin/python3", "-c", script, archive + ".made", kind, server.scratch.path + "/pack", archive],
                output: archive + ".log"
            )
            try #require(made.wait(seconds: 60) == 0, "\(made.text)")
            return archive
        }

        private static func register(_ server: ServerFixture, _ path: String, sha256: String? = nil) throws
            -> HTTPAnswer
        {
            let source: JSONValue = [
                "kind": "archive", "path": .string(path), "sha256": sha256.map(JSONValue.string) ?? .null,
            ]
            return try server.request("POST", "/api/v1/extensions", body: (["source": source] as JSONValue).text)
        }

        private static func names(_ server: ServerFixture, _ folder: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(server.data)/\(folder)")) ?? []).sorted()
        }

        @Test("are unpacked, tried, kept by their hash, and gone when they are removed", arguments: ["tar.gz", "zip"])
        func whole(_ ending: String) async throws {
            try await ServerFixture.with { server in
                let archive = try Self.packed(server, ending)
                let added = try server.command("ext", "add", archive, "--yes")
                #expect(added.status == 0, "\(added)")
                // The archive is not needed any more, nor what it was made from.
                try FileManager.default.removeItem(atPath: archive)
                try FileManager.default.removeItem(atPath: server.scratch.path + "/pack")
                for _ in 0..<2 {
                    #expect(try server.call("packed", "echo", ["text": "hi"]).toolText == "hi")
                    try server.restart()
                }
                let shown = try server.request("GET", "/api/v1/extensions/packed").json
                let digest = try #require(shown["source"]?["sha256"]?.string)
                #expect(Self.names(server, "artifacts") == ["sha256-\(digest)"])
                #expect(Self.names(server, "packages").count == 1)
                #expect(try server.request("DELETE", "/api/v1/extensions/packed").status == 204)
                #expect(Self.names(server, "packages").isEmpty)
                try server.restart()
                #expect(Self.names(server, "artifacts").isEmpty)
            }
        }

        /// A server whose data has a file system of its own, in a mount namespace of its own.
        static func onSmallDisk(
            _ scratch: ScratchDirectory,
            _ megabytes: Int,
            environment: [String: String] = [:]
        ) throws -> (ChildProcess, Int) {
            let data = scratch.path + "/small"
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            let script = """
                mount -t tmpfs -o size=\(megabytes)m tmpfs '\(data)' &&
                    exec '\(ServerFixture.program)' serve --port 0 --data-dir '\(data)'
                """
            let process = try ChildProcess(
                ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script],
                environment: environment.merging(["HEDDLE_TOKEN": "0123456789abcdef0123"]) { $1 },
                output: scratch.path + "/small.log"
            )
            let mark = "listening on http://127.0.0.1:"
            _ = eventually(seconds: 30) { process.text.contains(mark) || process.exitStatus != nil }
            let line = process.text.split(separator: "\n").last { $0.hasPrefix(mark) }
            return (process, try #require(line.flatMap { Int($0.dropFirst(mark.count)) }, "\(process.text)"))
        }

        @Test(
            "find the disk full half way: it is told, nothing is left, and the next one fits",
            .enabled(if: geteuid() == 0 || TestEnvironment.isCI, "skipped: not root")
        )
        func diskFull() async throws {
            try await ServerFixture.with { server in
                let small = try Self.packed(server, "tar.gz", name: "small")
                _ = try Self.packed(server, "tar.gz", name: "large")
                // It fits once, and not a second time unpacked.
                let payload = server.scratch.path + "/pack/large-1.0/payload"
                let large = server.scratch.path + "/large.tar"
                try #require(system("head -c 20000000 /dev/urandom > '\(payload)'") == 0)
                try #require(system("tar -C '\(server.scratch.path)/pack' -cf '\(large)' .") == 0)
                let (process, port) = try Self.onSmallDisk(server.scratch, 30)
                defer {
                    process.kill(SIGTERM)
                    _ = process.wait(seconds: 10)
                }
                func send(_ method: String, _ path: String, _ body: JSONValue? = nil) throws -> HTTPAnswer {
                    let connection = try HTTPConnection(port: port)
                    let headers = ["Host": "127.0.0.1:\(port)", "Authorization": "Bearer 0123456789abcdef0123"]
                    connection.send(server.bytes(method, path, body: body?.bytes, headers: headers))
                    return try connection.answer()
                }
                func register(_ path: String) throws -> HTTPAnswer {
                    try send("POST", "/api/v1/extensions", ["source": ["kind": "archive", "path": .string(path)]])
                }
                for _ in 0..<2 {
                    let refused = try register(large)
                    #expect(refused.code == "STORAGE_FULL", "\(refused.json.text)")
                    #expect(try send("GET", "/api/v1/extensions?total=true").json["total"] == 0)
                }
                #expect(try register(small).status == 201)
                let called = try send(
                    "POST",
                    ServerFixture.invocation("small", "echo"),
                    ["parameters": ["text": "hi"]]
                )
                #expect(called.toolText == "hi", "\(called.json.text)")
            }
        }

        @Test("stay when the data directory is reached over a link")
        func linkedData() async throws {
            try await ServerFixture.with { scratch in
                let real = scratch.path + "/elsewhere"
                try FileManager.default.createDirectory(atPath: real, withIntermediateDirectories: true)
                try FileManager.default.createSymbolicLink(atPath: scratch.path + "/data", withDestinationPath: real)
                return [:]
            } _: { server in
                let archive = try Self.packed(server, "tar.gz")
                #expect(try Self.register(server, archive).status == 201)
                try server.restart()
                #expect(try server.call("packed", "echo", ["text": "hi"]).toolText == "hi")
                #expect(try server.request("DELETE", "/api/v1/extensions/packed").status == 204)
                #expect(Self.names(server, "packages").isEmpty)
            }
        }

        @Test("with another hash, a taken name or no manifest are refused and leave nothing")
        func refusals() async throws {
            try await ServerFixture.with { server in
                let archive = try Self.packed(server, "tar.gz")
                let wrong = try Self.register(server, archive, sha256: String(repeating: "0", count: 64))
                #expect(wrong.status == 422 && wrong.code == "INTEGRITY_FAILED", "\(wrong.json.text)")
                let actual = try #require(wrong.json["error"]?["details"]?["actual"]?.string)
                #expect(try Self.register(server, archive, sha256: "abc").code == "INVALID_REQUEST")
                #expect(Self.names(server, "packages").isEmpty)
                #expect(try Self.register(server, archive, sha256: actual.uppercased()).status == 201)
                let packages = Self.names(server, "packages")
                #expect(try Self.register(server, archive).code == "EXTENSION_EXISTS")
                let preview = try server.request(
                    "POST",
                    "/api/v1/extensions/preview",
                    body: #"{"source":{"kind":"archive","path":"\#(archive)"}}"#
                )
                #expect(preview.status == 200 && preview.json["name"] == "packed", "\(preview.json.text)")
                #expect(Self.names(server, "packages") == packages)
                let empty = try Self.register(server, server.scratch.path + "/nothing.tgz")
                #expect(empty.status == 422 && empty.code == "PATH_NOT_READABLE")
                try server.scratch.write("text.zip", "no archive at all")
                let text = try Self.register(server, server.scratch.path + "/text.zip")
                #expect(text.status == 422 && text.code == "INSTALLATION_FAILED", "\(text.json.text)")
                #expect(Self.names(server, "packages") == packages)
            }
        }

        private static let hostile: [(name: String, script: String, words: String)] = [
            ("a way out", "add('../../escaped', b'x')", #"\"../../escaped\""#),
            ("an absolute path", "add('/tmp/heddle-escaped', b'x')", "/tmp/heddle-escaped"),
            ("a symbolic link", "add('link', kind=tarfile.SYMTYPE, target='/etc/passwd')", "link"),
            ("a hard link", "add('hard', kind=tarfile.LNKTYPE, target='extension.json')", "hard"),
            ("a device", "add('null', kind=tarfile.CHRTYPE)", "null"),
            ("a pipe", "add('pipe', kind=tarfile.FIFOTYPE)", "pipe"),
            ("the manifest twice", "add('extension.json', b'{}')", "extension.json"),
            ("200,000 files", "[add(f'f{n}', b'') for n in range(200000)]", "100000"),
            ("a bomb", "add('zeros', bytes(900 << 20))", ""),
        ]

        @Test("of strangers are refused by the name of what they break", arguments: hostile)
        func hostileArchives(_ bad: (name: String, script: String, words: String)) async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let archive = server.scratch.path + "/bad.tar.gz"
                let script = """
                    import io, tarfile
                    with tarfile.open('\(archive)', 'w:gz', compresslevel=1) as out:
                        def add(name, data=None, kind=tarfile.REGTYPE, target=''):
                            entry = tarfile.TarInfo(name)
                            entry.type, entry.linkname, entry.size = kind, target, len(data or b'')
                            out.addfile(entry, io.BytesIO(data) if data else None)
                        add('extension.json', b'{"name":"bad","version":"1.0.0","runtime":{"command":"./run"}}')
                        \(bad.script)
                    """
                let made = try ChildProcess(
                    ["/usr/bin/python3", "-c", script],
                    output: server.scratch.path + "/made.log"
                )
                try #require(made.wait(seconds: 120) == 0, "\(made.text)")
                let answer = try Self.register(server, archive)
                #expect(answer.status == 422 && answer.code == "INSTALLATION_FAILED", "\(answer.json.text)")
                #expect(answer.json.text.contains(bad.words), "\(answer.json.text)")
                #expect(try server.request("GET", "/api/v1/extensions/bad").status == 404)
                #expect(Self.names(server, "packages").isEmpty)
                #expect(access("/tmp/heddle-escaped", F_OK) != 0)
                #expect(try server.echoWorks())
            }
        }
    }
}
