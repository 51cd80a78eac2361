import FoundationEssentials
import Glibc
import HeddleModel
import HeddleSecurity
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Extensions from anywhere", .serialized)
    struct SourceTests {
        /// A web server of Python's own that serves a folder until it is stopped.
        private final class FileServer {
            let port: Int
            private let process: ChildProcess

            init(_ scratch: ScratchDirectory, _ folder: String) throws {
                let output = "\(scratch.path)/web.log"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let script = """
                    import functools, http.server, sys
                    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
                    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
                    print("port", server.server_port, flush=True)
                    server.serve_forever()
                    """
                process = try ChildProcess(["/usr/bin/python3", "-c", script, folder], output: output)
                _ = eventually(seconds: 20) { readText(output).contains("port ") }
                let words = readText(output).split(whereSeparator: \.isWhitespace)
                port = try #require(words.firstIndex(of: "port").flatMap { Int(words[$0 + 1]) })
            }

            deinit { process.kill(SIGKILL) }
        }

        /// Runs a test with a server that may fetch from a web server, whose folder is `web` in the scratch directory.
        private static func with(
            _ more: [String: String] = [:],
            _ body: (ServerFixture, FileServer) async throws -> Void
        ) async throws {
            var web: FileServer?
            try await ServerFixture.with { scratch in
                let made = try FileServer(scratch, scratch.path + "/web")
                web = made
                return more.merging(["HEDDLE_DOWNLOADS_ALLOWED_HOSTS": "127.0.0.1:\(made.port)"]) { $1 }
            } _: { server in
                try await body(server, try #require(web))
            }
        }

        /// Packs an extension that answers; the archive's path in the web folder.
        private static func pack(_ server: ServerFixture, _ name: String, _ version: String = "1.0.0") throws -> String
        {
            let folder = server.scratch.path + "/pack-\(name)-\(version)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for script in ["misbehave.py", "probes.py"] {
                let source = server.scratch.path + "/programs/" + script
                try FileManager.default.copyItem(atPath: source, toPath: folder + "/" + script)
            }
            let manifest: JSONValue = [
                "name": .string(name), "version": .string(version),
                "runtime": ["command": ["/usr/bin/python3", "misbehave.py"]],
            ]
            try server.scratch.write("pack-\(name)-\(version)/extension.json", manifest.text)
            let archive = "\(server.scratch.path)/web/\(name)-\(version).tar.gz"
            try #require(system("tar -C '\(folder)' -czf '\(archive)' .") == 0)
            return archive
        }

        private static func register(_ server: ServerFixture, _ url: String, sha256: String? = nil) throws -> HTTPAnswer
        {
            let source: JSONValue = [
                "kind": "url", "url": .string(url), "sha256": sha256.map(JSONValue.string) ?? .null,
            ]
            return try server.request("POST", "/api/v1/extensions", body: (["source": source] as JSONValue).text)
        }

        @Test("an archive at an address is fetched once, kept, and can be upgraded from there")
        func url() async throws {
            try await Self.with { server, web in
                _ = try Self.pack(server, "far")
                let url = "http://127.0.0.1:\(web.port)/far-1.0.0.tar.gz"
                let added = try server.command(["ext", "add", url, "--yes"], seconds: 120)
                #expect(added.status == 0 && added.output.contains("far is active"), "\(added)")
                let shown = try server.request("GET", "/api/v1/extensions/far").json
                let digest = try #require(shown["source"]?["sha256"]?.string)
                #expect(shown["source"]?["kind"] == "url" && shown["source"]?["url"]?.string == url)
                #expect(shown["stages"]?.text.contains("download") == true)
                // The preview and the registration looked at the same bytes, fetched once.
                let fetched = readText(server.scratch.path + "/web.log").split(separator: "\n")
                    .count { $0.contains("GET /far-1.0.0.tar.gz HTTP") && $0.contains(" 200 ") }
                #expect(fetched == 1)
                try FileManager.default.removeItem(atPath: server.scratch.path + "/web/far-1.0.0.tar.gz")
                try server.restart()
                #expect(try server.call("far", "echo", ["text": "hi"]).toolText == "hi")

                _ = try Self.pack(server, "far", "2.0.0")
                let next = "http://127.0.0.1:\(web.port)/far-2.0.0.tar.gz"
                let upgraded = try server.command(["ext", "upgrade", "far", "--from", next, "--yes"], seconds: 120)
                #expect(upgraded.status == 0 && upgraded.output.contains("2.0.0"), "\(upgraded)")
                #expect(try server.command(["ext", "rollback", "far"], seconds: 60).output.contains("1.0.0"))
                #expect(try server.call("far", "echo", ["text": "hi"]).toolText == "hi")
                let kept = try FileManager.default.contentsOfDirectory(atPath: server.data + "/artifacts")
                #expect(kept.contains("sha256-\(digest)") && kept.count == 2, "\(kept)")
            }
        }

        @Test("an address that is not public, gives nothing, or gives something else is refused, and nothing is left")
        func refusals() async throws {
            try await Self.with { server, web in
                _ = try Self.pack(server, "far")
                try server.scratch.write("web/page.tar.gz", "<html>nothing here</html>")
                let base = "http://127.0.0.1:\(web.port)"
                let wrong = String(repeating: "0", count: 64)
                for (url, digest, code) in [
                    (base + "/far-1.0.0.tar.gz", wrong, "INTEGRITY_FAILED"),
                    (base + "/missing.tar.gz", nil, "INSTALLATION_FAILED"),
                    (base + "/page.tar.gz", nil, "INSTALLATION_FAILED"),
                    ("http://127.0.0.1:\(server.port)/x.tar.gz", nil, "GRANT_REFUSED"),
                    ("http://169.254.169.254/latest/meta-data", nil, "GRANT_REFUSED"),
                    ("http://user:secret@127.0.0.1:\(web.port)/far-1.0.0.tar.gz", nil, "INVALID_REQUEST"),
                    ("ftp://example.com/x.tar.gz", nil, "INVALID_REQUEST"),
                ] as [(String, String?, String)] {
                    let answer = try Self.register(server, url, sha256: digest)
                    #expect(answer.code == code && !answer.json.text.contains("secret@"), "\(url): \(answer.json.text)")
                }
                #expect(try server.request("GET", "/api/v1/extensions?total=true").json["total"] == 0)
                let packages = (try? FileManager.default.contentsOfDirectory(atPath: server.data + "/packages")) ?? []
                #expect(packages.isEmpty)
            }
        }

        @Test("signatures are told of, wrong ones refused, and required where the operator says so")
        func signatures() async throws {
            let (maker, stranger) = (SigningKey(), SigningKey())
            try await Self.with([
                "HEDDLE_SECURITY_TRUSTED_PUBLISHERS": "Maker=\(maker.verifyingKey.text)",
                "HEDDLE_SECURITY_REQUIRE_SIGNATURE": "true",
            ]) { server, web in
                func sign(_ archive: String, with key: SigningKey) throws {
                    let bytes = try Array(Data(contentsOf: URL(filePath: archive)))
                    let name = archive.split(separator: "/").last.map(String.init) ?? ""
                    try server.scratch.write("web/\(name).minisig", key.minisign(bytes, comment: "a test").text)
                }
                let archive = try Self.pack(server, "signed")
                let url = "http://127.0.0.1:\(web.port)/signed-1.0.0.tar.gz"
                #expect(try Self.register(server, url).code == "INTEGRITY_FAILED")
                try sign(archive, with: stranger)
                let unknown = try Self.register(server, url)
                #expect(
                    unknown.code == "INTEGRITY_FAILED" && unknown.json.text.contains("not known"),
                    "\(unknown.json.text)"
                )
                try sign(archive, with: maker)
                let body = (["source": ["kind": "url", "url": .string(url)]] as JSONValue).text
                let preview = try server.request("POST", "/api/v1/extensions/preview", body: body)
                #expect(preview.json["signature"] == "signed by Maker", "\(preview.json.text)")
                let added = try Self.register(server, url)
                #expect(added.status == 201, "\(added.json.text)")
                // The same signature under another archive.
                let other = try Self.pack(server, "other")
                let signature = try Data(contentsOf: URL(filePath: archive + ".minisig"))
                try signature.write(to: URL(filePath: other + ".minisig"))
                let local: JSONValue = ["source": ["kind": "archive", "path": .string(other)]]
                let forged = try server.request("POST", "/api/v1/extensions", body: local.text)
                #expect(forged.code == "INTEGRITY_FAILED", "\(forged.json.text)")
                try sign(other, with: maker)
                #expect(try server.request("POST", "/api/v1/extensions", body: local.text).status == 201)
            }
        }

        @Test(
            "all sources are installed in one run, and work without the network afterwards",
            .enabled(if: TestEnvironment.isCI || TestEnvironment.hasProgram("npm"), "skipped: no npm"),
            .timeLimit(.minutes(10))
        )
        func everySource() async throws {
            try await Self.with { server, web in
                let archive = try Self.pack(server, "packed")
                _ = try Self.pack(server, "far")
                _ = try Self.pack(server, "folder")
                let npm = try ImportTests.packedServer(server)
                let registry: JSONValue = [
                    "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
                    "name": "io.github.example/clock", "description": "Tells the time.", "version": "1.0.0",
                    "packages": [
                        [
                            "registryType": "pypi", "identifier": "mcp-server-time",
                            "version": .string(try Self.versionOfTime(server)), "runtimeHint": "uvx",
                            "transport": ["type": "stdio"],
                            "packageArguments": [
                                [
                                    "type": "named", "name": "--local-timezone", "value": "{zone}",
                                    "variables": ["zone": ["description": "Where", "isRequired": true]],
                                ]
                            ],
                        ]
                    ],
                ]
                try server.scratch.write("server.json", registry.text)
                let registryFile = server.scratch.path + "/server.json"
                let incomplete = try server.command(["ext", "import", registryFile, "--yes"], seconds: 60)
                #expect(incomplete.status != 0 && incomplete.error.contains("zone"), "\(incomplete)")
                for command in [
                    ["add", server.scratch.path + "/pack-folder-1.0.0"],
                    ["add", archive],
                    ["add", "http://127.0.0.1:\(web.port)/far-1.0.0.tar.gz"],
                    ["add", "calculator", "--pypi", "mcp-server-calculator"],
                    ["add", "greeter", "--npm", npm],
                    ["import", registryFile, "--value", "zone=UTC"],
                ] {
                    let result = try server.command(["ext"] + command + ["--yes"], seconds: 300)
                    #expect(result.status == 0, "\(command): \(result)")
                }
                // What they came from is not needed any more, and none of them was granted the network.
                try FileManager.default.removeItem(atPath: server.scratch.path + "/web")
                try FileManager.default.removeItem(atPath: npm)
                try server.restart()
                for name in ["folder", "packed", "far"] {
                    #expect(try server.call(name, "echo", ["text": "hi"]).toolText == "hi", "\(name)")
                }
                let product = try server.call("calculator", "calculate", ["expression": "6*7"])
                #expect(product.toolText?.contains("42") == true, "\(product.json.text)")
                #expect(try server.call("greeter", "greet", ["name": "Ada"]).toolText?.hasPrefix("Hello Ada") == true)
                let time = try server.call("clock", "get_current_time", ["timezone": "UTC"])
                #expect(time.toolText?.contains("UTC") == true, "\(time.json.text)")
            }
        }

        /// The version of `mcp-server-time` that the package index has.
        private static func versionOfTime(_ server: ServerFixture) throws -> String {
            let added = try server.command(["ext", "add", "probe", "--pypi", "mcp-server-time", "--yes"], seconds: 300)
            try #require(added.status == 0, "\(added)")
            let shown = try server.request("GET", "/api/v1/extensions/probe").json
            #expect(try server.request("DELETE", "/api/v1/extensions/probe").status == 204)
            return try #require(shown["version"]?.string)
        }

        @Test("a bundle is unpacked and started as its manifest says")
        func bundle() async throws {
            try await Self.with { server, _ in
                _ = try Self.pack(server, "unused")
                let folder = server.scratch.path + "/pack-unused-1.0.0"
                try FileManager.default.removeItem(atPath: folder + "/extension.json")
                let manifest: JSONValue = [
                    "manifest_version": "0.2", "name": "Some Bundle", "version": "0.3.0", "description": "A bundle.",
                    "server": [
                        "type": "python", "entry_point": "misbehave.py",
                        "mcp_config": [
                            "command": "/usr/bin/python3", "args": ["${__dirname}/misbehave.py"],
                            "env": ["WHERE": "${user_config.place}"],
                        ],
                    ],
                    "user_config": ["place": ["type": "string", "default": "north"]],
                ]
                try server.scratch.write("pack-unused-1.0.0/manifest.json", manifest.text)
                let script = "import shutil, sys; shutil.make_archive(sys.argv[1], 'zip', sys.argv[2])"
                let base = server.scratch.path + "/some"
                let packed = try ChildProcess(["/usr/bin/python3", "-c", script, base, folder], output: base + ".log")
                try #require(packed.wait(seconds: 60) == 0, "\(packed.text)")
                try FileManager.default.moveItem(atPath: base + ".zip", toPath: base + ".mcpb")
                let added = try server.command(["ext", "add", base + ".mcpb", "--yes"], seconds: 120)
                #expect(added.status == 0 && added.output.contains("some-bundle is active"), "\(added)")
                #expect(
                    try server.call("some-bundle", "probe", ["what": "environ"]).toolText?.contains("north") == true
                )
            }
        }
    }
}
