import Glibc
import HeddleModel
import HeddleSandbox
import HeddleTestSupport
import JSON
import Logging
import Testing

@testable import HeddleExtensions

private let hasNpm = TestEnvironment.hasProgram("npm") || TestEnvironment.isCI

/// Installations with the npm of this machine from a registry that only exists inside of the sandbox.
@Suite("Tarballs that extensions share", .serialized, .enabled(if: hasNpm, "skipped: no npm"))
struct TarballStoreTests {
    private static let userID: UInt32 = 64_313

    private let tree: FileTree
    private let registry: String

    init() throws {
        tree = try FileTree()
        registry = try SamplePackages.registry(in: tree["npm"])
        try SamplePackages.tarball(
            "app-1.0.0",
            """
            {"name":"@acme/app","version":"1.0.0","bin":{"app":"index.js"},
             "dependencies":{"left":"^1.0.0","right":"1"},
             "optionalDependencies":{"elsewhere":"1","missing":"1"},
             "scripts":{"preinstall":"touch ran","install":"touch ran","postinstall":"touch ran; touch /data/ran"}}
            """,
            files: ["index.js": "#!/usr/bin/env node\n"],
            in: registry
        )
        try SamplePackages.tarball("left-1.2.0", #"{"name":"left","version":"1.2.0"}"#, in: registry)
        try SamplePackages.tarball(
            "right-1.0.0",
            #"{"name":"right","version":"1.0.0","bin":"index.js","dependencies":{"left":"1"}}"#,
            files: ["index.js": ""],
            in: registry
        )
        try SamplePackages.tarball(
            "elsewhere-1.0.0",
            #"{"name":"elsewhere","version":"1.0.0","os":["win32"]}"#,
            in: registry
        )
        // The registry names it, and has it not.
        try SamplePackages.tarball("missing-1.0.0", #"{"name":"missing","version":"1.0.0"}"#, in: registry)
        try tree.file("npm/registry/missing-1.0.0.tgz.gone")
    }

    private func install(
        _ packages: [String],
        into folder: String = "install",
        lock: String? = nil,
        stages: StageTimes = StageTimes()
    ) async throws -> InstalledPackage {
        let path = "\(registry):" + (getenv("PATH").map { String(cString: $0) } ?? "")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let installer = NodeInstaller(
            sandbox: Sandbox(logger: logger),
            resolver: CommandResolver(searchPath: path, protectedPaths: []),
            environment: ["PATH": path, "HOME": tree["home"]],
            store: PackageStore(root: tree["store"], maximumBytes: 1 << 30),
            logger: logger
        )
        do {
            return try await installer.install(
                packages: packages,
                program: nil,
                into: tree[folder],
                userID: Self.userID,
                lock: lock,
                stages: stages,
                progress: { _ in }
            )
        } catch let error as HeddleError where error.code == .sandboxUnavailable && !TestEnvironment.isCI {
            try Test.cancel("no sandbox here: \(error.message)")
        }
    }

    private func log(_ folder: String = "install") -> String {
        String(decoding: HostFile.read(tree[folder + "/install.log"], upTo: 1 << 20) ?? [], as: UTF8.self)
    }

    private func names(_ folder: String) -> [String] { HostFile.names(in: tree[folder]) }

    @Test("are fetched once, installed without a network, and run no scripts")
    func shared() async throws {
        let stages = StageTimes()
        let first = try await install(["@acme/app"], stages: stages)
        #expect(stages.names == ["prepare", "resolve", "download", "install", "seal"].map { "install." + $0 })
        #expect(first.name == "@acme/app" && first.version == "1.0.0")
        #expect(names("install") == ["install.log", "node", "package-lock.json"])
        #expect(names("install/node/node_modules").filter { !$0.hasPrefix(".") } == ["@acme", "left", "right"])
        #expect(HostFile(tree["install/node/node_modules/@acme/app/ran"]) == nil)
        #expect(names("store").count == 3 && names("store").allSatisfy { $0.hasPrefix("sha512-") })
        // The lock is npm's own: it leads to the registry, and not to where the files were.
        #expect(first.lock.contains("http://127.0.0.1:4873/left/-/left-1.2.0.tgz") && !first.lock.contains("file:"))
        #expect(HostFile.read(tree["install/package-lock.json"], upTo: 1 << 20) == Array(first.lock.utf8))
        for name in ["app-1.0.0", "left-1.2.0", "right-1.0.0", "missing-1.0.0"] {
            #expect(log().contains("-/\(name).tgz"), "\(name)")
        }
        #expect(!log().contains("-/elsewhere-1.0.0.tgz"), "it is not for this host")
        #expect(log().split(separator: "registry: no network").count == 2, "only the last step")

        // What is there is not fetched again; what never was is tried for.
        FileTree.remove(tree["npm/registry/missing-1.0.0.tgz.gone"])
        let second = try await install(["@acme/app"], into: "second")
        #expect(second.lock == first.lock)
        #expect(!log("second").contains("-/left-1.2.0.tgz") && log("second").contains("-/missing-1.0.0.tgz"))
        #expect(names("second/node/node_modules").contains("missing"))
        let last = StageTimes()
        let third = try await install(["@acme/app"], into: "third", stages: last)
        #expect(third.lock == first.lock && names("third/node/node_modules").contains("missing"))
        #expect(last.names == ["prepare", "resolve", "install", "seal"].map { "install." + $0 })
        #expect(!log("third").contains(".tgz") && log("third").contains("ci --omit=dev --offline"))

        // By its lock nothing is even asked.
        FileTree.remove(tree["npm/registry"])
        let repeated = StageTimes()
        let fourth = try await install(["@acme/app"], into: "fourth", lock: first.lock, stages: repeated)
        #expect(fourth.lock == first.lock && fourth.name == "@acme/app")
        #expect(repeated.names == ["prepare", "install", "seal"].map { "install." + $0 })
        #expect(!log("fourth").contains("registry: GET") && log("fourth").contains("registry: no network"))
    }

    @Test("are refused by name when they are another file or pinned weakly, and nothing is kept of them")
    func lies() async throws {
        try SamplePackages.tarball(
            "weak-1.0.0",
            #"{"name":"weak","version":"1.0.0","weak":true,"bin":"x"}"#,
            in: registry
        )
        try SamplePackages.tarball("evil-1.0.0", #"{"name":"evil","version":"1.0.0","bin":"x"}"#, in: registry)
        try SamplePackages.tarball("evil-2.0.0", #"{"name":"other","version":"2.0.0","bin":"x"}"#, in: registry)
        #expect(rename(tree["npm/registry/evil-2.0.0.tgz"], tree["npm/registry/evil-1.0.0.tgz.served"]) == 0)
        unlink(tree["npm/registry/evil-2.0.0.json"])
        for name in ["evil", "weak"] {
            let error = await #expect(throws: HeddleError.self) { _ = try await install([name]) }
            #expect(
                error?.code == .integrityFailed && error?.message.contains(name) == true,
                "\(String(describing: error))"
            )
            #expect(names("install") == ["install.log"] && names("store").isEmpty)
        }
        let error = await #expect(throws: HeddleError.self) { _ = try await install(["nothing"]) }
        #expect(error?.code == .installationFailed && names("install") == ["install.log"])
    }

    @Test("are installed twice at once into one store")
    func twiceAtOnce() async throws {
        let locks = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<3 { group.addTask { try await install(["right"], into: "install\(index)").lock } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(locks).count == 1 && names("store").count == 2)
    }

    @Test("are what a lock pins for this host, and a lock that pins otherwise is refused with a name")
    func locks() throws {
        let digest = "gEc/kV7kK8kvFEdRHPEpJkNqqRpwKvTe41CZxbpzCMzzgZLqf2MZPjjUKyMZcn+Tf1sMUVFdA4CpORGJfHGsIA=="
        func lock(_ more: String, _ integrity: String = "sha512-" + digest, _ url: String = "https://x/a.tgz") -> String
        {
            #"{"packages":{"":{},"node_modules/a":{"resolved":"\#(url)","integrity":"\#(integrity)"\#(more)}}}"#
        }
        for (more, count) in [
            ("", 1), (#","optional":true,"os":["linux"]"#, 1), (#","optional":true,"os":["!win32"]"#, 1),
            (#","optional":true,"os":["!linux"]"#, 0), (#","optional":true,"cpu":["mips"]"#, 0),
            (#","optional":true,"libc":["musl"]"#, 0), (#","optional":true,"libc":"glibc","os":"any""#, 1),
            (#","os":["win32"]"#, 1), (#","dev":true"#, 0), (#","inBundle":true"#, 0), (#","link":true"#, 0),
        ] {
            #expect(try NodeLock(Array(lock(more).utf8)).tarballs.count == count, "\(more)")
        }
        for text in [
            lock("", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="), lock("", ""), lock("", "sha512-" + digest, "git+ssh://x/a"),
            lock("", "sha512-" + digest, "file:../a.tgz"), lock("", "sha512-" + digest, "https://x/a b"),
            lock("", "sha512-" + digest, "--prefix=/"),
            lock("", "sha512-" + digest, "https://x/" + String(repeating: "a", count: 3000)),
        ] {
            let error = #expect(throws: HeddleError.self, "\(text)") { try NodeLock(Array(text.utf8)) }
            #expect(error?.code == .integrityFailed && error?.message.contains("node_modules/a") == true, "\(text)")
        }
        let many = (0..<10_000).map { #""p\#($0)":{"resolved":"https://x/a.tgz","integrity":"sha512-\#(digest)"}"# }
        for text in ["nonsense", "{}", "[]", #"{"packages":{\#(many.joined(separator: ","))}}"#] {
            let error = #expect(throws: HeddleError.self) { try NodeLock(Array(text.utf8)) }
            #expect(error?.code == .installationFailed)
        }
    }
}
