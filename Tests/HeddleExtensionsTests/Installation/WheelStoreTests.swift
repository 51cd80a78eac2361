import Glibc
import HeddleModel
import HeddleSandbox
import HeddleTestSupport
import Logging
import Testing

@testable import HeddleExtensions

/// Installations of small wheels from a folder, which pip takes for an index.
@Suite("Wheels that extensions share", .serialized)
struct WheelStoreTests {
    private static let userID: UInt32 = 64_312

    private let tree: FileTree

    init() throws {
        tree = try FileTree()
        for (name, version, needs) in [
            ("sample-app", "1.0", ["sample-lib>=1", "extra:more:sample-more"]), ("sample-lib", "1.5", []),
            ("sample-lib", "2.0", []), ("sample-more", "1.0", []),
        ] {
            try SamplePackages.wheel(name, version, needs: needs, in: tree["wheels"])
        }
    }

    private func installer(_ variables: [String: String] = [:], bytes: Int = 1 << 30) -> PythonInstaller {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let standard = ["PIP_NO_INDEX": "1", "PIP_FIND_LINKS": tree["wheels"], "PATH": path, "HOME": tree["home"]]
        return PythonInstaller(
            sandbox: Sandbox(logger: logger),
            resolver: CommandResolver(searchPath: path, protectedPaths: []),
            environment: standard.merging(variables) { $1 },
            store: PackageStore(root: tree["store"], maximumBytes: bytes),
            logger: logger
        )
    }

    private func install(
        _ requirement: String,
        lock: String? = nil,
        into folder: String = "install",
        with installer: PythonInstaller? = nil,
        stages: StageTimes = StageTimes()
    ) async throws -> InstalledPackage {
        do {
            return try await (installer ?? self.installer())
                .install(
                    requirement: requirement,
                    module: nil,
                    into: tree[folder],
                    userID: Self.userID,
                    allowBuild: false,
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

    @Test("with extras and pins are fetched once, and by their lock after their index is gone")
    func offline() async throws {
        let first = try await install("sample-app[more] sample-lib<2")
        #expect(
            first.lock.split(separator: "\n").map { $0.prefix { $0 != " " } }
                == ["sample-app==1.0", "sample-lib==1.5", "sample-more==1.0"]
        )
        #expect(names("store").count == 3 && names("install") == ["install.log", "requirements.lock", "venv"])
        #expect(log().contains("pip download"))
        // Of the same wheels only the one that is new.
        let stages = StageTimes()
        let second = try await install("sample-app", into: "second", stages: stages)
        #expect(second.lock.contains("sample-lib==2.0") && stages.names.contains("install.download"))
        let saved = log("second").split(separator: "\n").filter { $0.hasPrefix("Saved ") }
        #expect(saved.count == 1 && saved.first?.contains("sample_lib-2.0") == true, "\(saved)")
        #expect(names("store").count == 4)

        FileTree.remove(tree["wheels"])
        let nowhere = installer(["PIP_FIND_LINKS": "/nonexistent", "PIP_INDEX_URL": "https://nowhere.invalid/"])
        let repeated = StageTimes()
        let third = try await install("sample-app", lock: first.lock, into: "third", with: nowhere, stages: repeated)
        #expect(third.lock == first.lock && third.version == "1.0")
        #expect(repeated.names == ["prepare", "environment", "install", "seal"].map { "install." + $0 })
        #expect(!log("third").contains("--dry-run") && !log("third").contains("pip download"))
        let library = names("third/venv/lib").first ?? ""
        #expect(HostFile.isRegular(tree["third/venv/lib/\(library)/site-packages/sample_more.py"]))
        // Without what the store has, the lock leads nowhere.
        FileTree.remove(tree["store"])
        let error = await #expect(throws: HeddleError.self) {
            _ = try await install("sample-app", lock: first.lock, into: "fourth", with: nowhere)
        }
        #expect(error?.code == .installationFailed && names("fourth") == ["install.log"])
    }

    @Test("are refused when they are not what their index or their lock says, and nothing is kept of them")
    func lies() async throws {
        let zeros = String(repeating: "0", count: 64)
        let wheel = tree["wheels/sample_lib-2.0-py3-none-any.whl"]
        try tree.file(
            "index/links.html",
            "<a href=\"file://\(wheel)#sha256=\(zeros)\">sample_lib-2.0-py3-none-any.whl</a>"
        )
        let liar = installer(["PIP_FIND_LINKS": tree["index/links.html"] + " " + tree["wheels"]])
        FileTree.remove(tree["wheels/sample_lib-1.5-py3-none-any.whl"])
        for (installer, lock) in [(liar, nil), (nil, "sample-lib==2.0 --hash=sha256:\(zeros)\n")] {
            let error = await #expect(throws: HeddleError.self) {
                _ = try await install("sample-lib", lock: lock, with: installer)
            }
            #expect(error?.code == .integrityFailed, "\(String(describing: error))")
            #expect(error?.message.contains("sample") == true, "\(String(describing: error))")
            #expect(names("install") == ["install.log"] && names("store").isEmpty)
        }
    }

    @Test("are installed twice at once into one store")
    func twiceAtOnce() async throws {
        let locks = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<3 {
                group.addTask { try await install("sample-app", into: "install\(index)").lock }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(locks).count == 1 && names("store").count == 2)
        #expect(names("store").allSatisfy { $0.hasPrefix("sha256-") && names("store/" + $0).count == 1 })
    }

    @Test("are installed though the store may keep none")
    func noRoom() async throws {
        let result = try await install("sample-app", with: installer(bytes: 0))
        #expect(result.lock.contains("sample-lib==2.0") && names("store").isEmpty)
    }
}
