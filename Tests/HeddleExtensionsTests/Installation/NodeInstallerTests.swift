import Glibc
import HeddleModel
import HeddleSandbox
import HeddleTestSupport
import Logging
import Testing

@testable import HeddleExtensions

private let hasNpm = TestEnvironment.hasProgram("npm") || TestEnvironment.isCI

/// Installations with the npm of this machine, from files, without a registry.
@Suite("The npm installer", .serialized, .enabled(if: hasNpm, "skipped: no npm"))
struct NodeInstallerTests {
    private static let userID: UInt32 = 64_311

    private let tree: FileTree
    private let installer: NodeInstaller

    init() throws {
        tree = try FileTree()
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        installer = NodeInstaller(
            sandbox: Sandbox(logger: logger),
            resolver: CommandResolver(searchPath: path, protectedPaths: []),
            environment: ["PATH": path, "HOME": tree["home"]],
            store: PackageStore(root: tree["store"], maximumBytes: 1 << 30),
            logger: logger
        )
    }

    /// Packs files as npm does; the path of the archive.
    private func pack(_ name: String, _ description: String, _ files: [String: String] = [:]) throws -> String {
        try tree.file("src/\(name)/package/package.json", description)
        for (path, text) in files { try tree.file("src/\(name)/package/\(path)", text) }
        let archive = tree["\(name).tgz"]
        let status = system("tar -C '\(tree["src/\(name)"])' -czf '\(archive)' package")
        #expect(status == 0)
        return archive
    }

    private func install(_ packages: [String], program: String? = nil) async throws -> InstalledPackage {
        do {
            return try await installer.install(
                packages: packages,
                program: program,
                into: tree["install"],
                userID: Self.userID,
                progress: { _ in }
            )
        } catch let error as HeddleError where error.code == .sandboxUnavailable && !TestEnvironment.isCI {
            try Test.cancel("no sandbox here: \(error.message)")
        }
    }

    @Test("installs packages from files with what they depend on, seals them and runs none of their scripts")
    func files() async throws {
        let library = try pack("library", #"{"name":"library","version":"1.2.0","main":"index.js"}"#, ["index.js": ""])
        let server = try pack(
            "server",
            """
            {"name":"@acme/server","version":"2.0.1","bin":{"server":"bin/run.js","other":"bin/other.js"},
             "dependencies":{"library":"^1.0.0"},"scripts":{"postinstall":"touch /data/ran; touch ran"}}
            """,
            ["bin/run.js": "#!/usr/bin/env node\nrequire('library')\n", "bin/other.js": ""]
        )
        let result = try await install([server, library])
        let root = tree["install/node"]
        #expect(result.name == "@acme/server" && result.version.description == "2.0.1")
        #expect(result.command.last == root + "/node_modules/@acme/server/bin/run.js")
        #expect(HostPath.name(result.command.first ?? "") == "node")
        #expect(result.readOnlyPaths.contains(root))
        let ours = result.readOnlyPaths.filter { ($0 + "/").hasPrefix(tree.root) }
        #expect(ours == [root])
        #expect(result.lock.contains("sha512-"))
        #expect(HostFile.names(in: tree["install"]) == ["install.log", "node", "package-lock.json"])
        #expect(HostFile(root + "/node_modules/library/package.json")?.owner == geteuid())
        #expect(HostFile(root + "/node_modules/@acme/server/ran") == nil)
        let other = try await install([server, library], program: "other")
        #expect(other.command.last?.hasSuffix("/bin/other.js") == true)
    }

    @Test("says what is wrong, and leaves nothing but its log")
    func failures() async throws {
        let plain = try pack("plain", #"{"name":"plain","version":"1.0.0"}"#)
        let escaping = try pack("escaping", #"{"name":"escaping","version":"1.0.0","bin":"../../../../etc/passwd"}"#)
        let missing = try pack("missing", #"{"name":"missing","version":"1.0.0","bin":"none.js"}"#)
        let broken = try tree.file("broken.tgz", "no archive")
        for (package, program, word) in [
            (plain, nil, "no program"), (plain, "x", "no program 'x'"), (escaping, nil, ""),
            (missing, nil, "not a file"),
            (broken, nil, ""), (tree["nothing.tgz"], nil, "not a file"),
        ] as [(String, String?, String)] {
            do {
                let result = try await install([package], program: program)
                Issue.record("\(package) was installed: \(result.command)")
            } catch let error as HeddleError {
                #expect(error.code == .installationFailed || error.code == .pathNotReadable, "\(error)")
                #expect(error.message.contains(word), "\(package): \(error)")
            }
            #expect(Set(HostFile.names(in: tree["install"])).isSubset(of: ["install.log"]))
        }
    }

    @Test("takes names, versions and files, and nothing else")
    func requirements() throws {
        for (text, name) in [
            ("name", "name"), ("name@1.2.3", "name"), ("@scope/name", "@scope/name"), ("@scope/name@^1", "@scope/name"),
            ("a@>=1 <2 || 3", "a"), ("a@latest", "a"), ("/x/y.tgz", nil),
        ] as [(String, String?)] {
            let requirement = try NodeRequirement(text)
            #expect(requirement.name == name, "\(text)")
            #expect(!requirement.argument.hasPrefix("-"))
        }
        for text in [
            "", "-g", "--prefix=/", "../x", "./x", "/x", "/x/y.tgz\u{0}", "github:a/b", "a/b",
            "https://example.com/x.tgz",
            "a@https://example.com/x", "a@file:/etc", "a@npm:b", "@scope", "@/x", "@scope/", "a@", "a@-x", "a b", "ä",
            "file:/x.tgz", "git+ssh://x", String(repeating: "a", count: 600),
        ] {
            let error = #expect(throws: HeddleError.self, "\(text)") { try NodeRequirement(text) }
            #expect(error?.code == .invalidRequest)
        }
    }
}
