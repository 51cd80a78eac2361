import Crypto
import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    /// Installations from folders and registries that tests make, ended at any moment.
    @Suite("Packages that are being installed", .serialized, .timeLimit(.minutes(10)))
    struct InstallationCrashTests {
        /// Makes small packages for pip and npm; what the server's environment says of them.
        private static func prepare(_ scratch: ScratchDirectory) throws -> [String: String] {
            let wheels = scratch.path + "/wheels"
            try SamplePackages.wheel("sample-lib", in: wheels)
            try SamplePackages.wheel("sample-app", needs: ["sample-lib"], in: wheels)
            let registry = try SamplePackages.registry(in: scratch.path + "/npm")
            let server = try Data(contentsOf: URL(filePath: TestEnvironment.checkout + "/Tests/Fixtures/server.js"))
            try SamplePackages.tarball(
                "greeter-1.0.0",
                #"{"name":"greeter","version":"1.0.0","bin":"server.js","dependencies":{"left":"1"}}"#,
                files: ["server.js": String(decoding: server, as: UTF8.self)],
                in: registry
            )
            try SamplePackages.tarball("left-1.0.0", #"{"name":"left","version":"1.0.0"}"#, in: registry)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            return ["PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PATH": registry + ":" + path]
        }

        private static let python: JSONValue = [
            "name": "app", "source": ["kind": "pypi", "requirement": "sample-app"],
        ]
        private static let node: JSONValue = ["name": "app", "source": ["kind": "npm", "package": "greeter"]]

        private static func names(_ server: ServerFixture, _ folder: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(server.data)/\(folder)")) ?? []).sorted()
        }

        /// Every file of the store is whole, and there is nothing else in it.
        private static func expectWholeStore(_ server: ServerFixture, _ comment: Comment) throws {
            for entry in names(server, "store") {
                let files = names(server, "store/" + entry)
                try #require(files.count == 1, comment)
                let bytes = try Data(contentsOf: URL(filePath: "\(server.data)/store/\(entry)/\(files[0])"))
                let digest: [UInt8] =
                    entry.hasPrefix("sha256-") ? Array(SHA256.hash(data: bytes)) : Array(SHA512.hash(data: bytes))
                let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                #expect(entry.hasSuffix("-" + hex), comment)
            }
        }

        /// Has the server install, kills it when one of its processes has these words, and starts it again.
        private static func kill(_ server: ServerFixture, _ body: JSONValue, at words: [String]) throws {
            let connection = try HTTPConnection(port: server.port)
            connection.send(server.bytes("POST", "/api/v1/extensions", body: body.bytes))
            let isSeen = eventually(seconds: 60) {
                server.children.contains { child in
                    let line = ProcessTable.arguments(of: child.processID).joined(separator: " ")
                    return words.allSatisfy(line.contains)
                }
            }
            try #require(isSeen, "nothing ran with \(words): \(server.log.suffix(2000))")
            usleep(UInt32.random(in: 0...150_000))
            let children = server.children
            try server.restart(signal: SIGKILL)
            #expect(eventually(seconds: 10) { children.areGone }, "\(words)")
            #expect(try server.request("GET", "/api/v1/extensions?total=true").json["total"] == 0, "\(words)")
            #expect(names(server, "packages").isEmpty, "\(words)")
            try expectWholeStore(server, "\(words)")
        }

        @Test("leave nothing half when the server is killed while pip works")
        func killedPip() async throws {
            try await ServerFixture.with(prepare: Self.prepare) { server in
                for words in [["-m venv"], ["pip", "--dry-run"], ["pip download"], ["pip install", "--find-links"]] {
                    try Self.kill(server, Self.python, at: words)
                }
                let added = try server.request("POST", "/api/v1/extensions", body: Self.python.text)
                try #require(added.status == 201, "\(added.json.text)")
                #expect(try server.call("app", "name").toolText == "sample-app")
                #expect(Self.names(server, "store").count == 2)
            }
        }

        @Test(
            "leave nothing half when the server is killed while npm works",
            .enabled(if: TestEnvironment.isCI || TestEnvironment.hasProgram("npm"), "skipped: no npm")
        )
        func killedNpm() async throws {
            try await ServerFixture.with(prepare: Self.prepare) { server in
                for words in [["install", "--package-lock-only"], ["cache add"], ["ci", "--offline"]] {
                    try Self.kill(server, Self.node, at: words)
                }
                let added = try server.request("POST", "/api/v1/extensions", body: Self.node.text)
                try #require(added.status == 201, "\(added.json.text)")
                #expect(try server.call("app", "greet", ["name": "Ada"]).toolText?.hasPrefix("Hello Ada") == true)
                #expect(Self.names(server, "store").count == 2)
            }
        }

        @Test(
            "share what was fetched, over a restart and after the extension that it was fetched for is gone",
            .enabled(if: TestEnvironment.isCI || TestEnvironment.hasProgram("npm"), "skipped: no npm")
        )
        func shared() async throws {
            try await ServerFixture.with(prepare: Self.prepare) { server in
                for body in [Self.python, Self.node] {
                    for round in 0..<2 {
                        let added = try server.request("POST", "/api/v1/extensions", body: body.text)
                        try #require(added.status == 201, "\(added.json.text)")
                        let stages = added.json["stages"]?.array?.compactMap { $0["name"]?.string } ?? []
                        #expect(stages.contains("install.install"), "\(stages)")
                        #expect(stages.contains("install.download") == (round == 0), "\(stages)")
                        #expect(try server.request("DELETE", "/api/v1/extensions/app").status == 204)
                        try server.restart()
                    }
                }
                #expect(Self.names(server, "store").count == 4)
                try Self.expectWholeStore(server, "all")
                var status = stat()
                #expect(stat(server.data + "/store", &status) == 0 && status.st_mode & 0o777 == 0o700)
            }
        }
    }
}
