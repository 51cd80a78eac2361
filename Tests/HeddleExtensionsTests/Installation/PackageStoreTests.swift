import Crypto
import Glibc
import HeddleModel
import HeddleSecurity
import HeddleTestSupport
import Testing

@testable import HeddleExtensions

@Suite("The store of packages")
struct PackageStoreTests {
    private let tree: FileTree
    private let store: PackageStore

    init() throws {
        tree = try FileTree()
        store = PackageStore(root: tree["store"], maximumBytes: 1 << 20)
        tree.folder("/view")
    }

    private static func digest(_ text: String) throws -> PackageDigest {
        try #require(PackageDigest(.sha256, hex: SHA256.hash(data: Array(text.utf8)).hexadecimal))
    }

    /// Puts a text into a store.
    @discardableResult
    private func add(
        _ text: String,
        _ name: String,
        expecting digest: PackageDigest? = nil,
        view: String = "view",
        store: PackageStore? = nil
    ) throws -> PackageDigest {
        let file = open(try tree.file("fetched/\(name.replacing("/", with: "_"))-\(view)", text), O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        return try (store ?? self.store).add(file, named: name, .sha256, expecting: digest, into: tree[view])
    }

    @Test("keeps a file under its hash and name, gives it to views, and shows it to nobody else")
    func keeps() throws {
        let digest = try add("content", "a-1.whl", expecting: Self.digest("content"))
        #expect(try digest == Self.digest("content"))
        #expect(HostFile.names(in: tree["store"]) == ["sha256-\(digest.hex)"])
        #expect(HostFile(tree["store"])?.mode == 0o700)
        #expect(HostFile(tree["view/a-1.whl"])?.mode == 0o444)
        tree.folder("/other")
        #expect(store.link(digest, into: tree["other"]) == "a-1.whl")
        #expect(store.link(digest, into: tree["other"], as: "b-1.whl") == "b-1.whl")
        #expect(HostFile.read(tree["other/b-1.whl"], upTo: 100) == Array("content".utf8))
        #expect(try store.link(Self.digest("other"), into: tree["other"]) == nil)
        // The same file in both, not a copy.
        var (first, second) = (stat(), stat())
        #expect(stat(tree["view/a-1.whl"], &first) == 0 && stat(tree["other/a-1.whl"], &second) == 0)
        #expect(first.st_ino == second.st_ino)
    }

    @Test("takes nothing that has another hash or no name of a file, and tells which")
    func refusals() throws {
        let other = try Self.digest("something else")
        for (name, expected) in [
            ("evil-1.whl", other), ("../a", nil), ("a/b", nil), (".", nil), ("", nil), (".hidden", nil),
            (String(repeating: "a", count: 300), nil),
        ] as [(String, PackageDigest?)] {
            let error = #expect(throws: HeddleError.self) {
                try tree.file("fetched/x", "content")
                let file = open(tree["fetched/x"], O_RDONLY | O_CLOEXEC)
                defer { close(file) }
                _ = try store.add(file, named: name, .sha256, expecting: expected, into: tree["view"])
            }
            #expect(error?.code == .integrityFailed && error?.message.contains(name.clipped(100)) == true, "\(name)")
            #expect(HostFile.names(in: tree["store"]).isEmpty && HostFile.names(in: tree["view"]).isEmpty)
        }
    }

    @Test("removes what was of no use for longest, and a view keeps it")
    func bound() throws {
        let small = PackageStore(root: tree["store"], maximumBytes: 250)
        var digests: [PackageDigest] = []
        for index in 0..<3 {
            let text = String(repeating: "\(index)", count: 100)
            digests.append(try add(text, "p\(index)", store: small))
            var times = [timespec(tv_sec: 1000 + index, tv_nsec: 0), timespec(tv_sec: 1000 + index, tv_nsec: 0)]
            #expect(utimensat(AT_FDCWD, tree["store/\(digests[index].name)"], &times, 0) == 0)
        }
        // The oldest is of use again.
        tree.folder("/other")
        #expect(small.link(digests[0], into: tree["other"]) == "p0")
        small.trim()
        #expect(Set(HostFile.names(in: tree["store"])) == [digests[0].name, digests[2].name])
        #expect(HostFile.read(tree["view/p1"], upTo: 1000)?.count == 100)
        #expect(small.link(digests[1], into: tree["other"]) == nil)
        // What has no room of its own pushes nothing out.
        let large = try add(String(repeating: "x", count: 300), "large", store: small)
        small.trim()
        #expect(small.link(large, into: tree["other"]) == nil)
        #expect(HostFile.names(in: tree["store"]).count == 2)
        PackageStore(root: tree["store"], maximumBytes: 0).trim()
        #expect(HostFile.names(in: tree["store"]).isEmpty)
        #expect(HostFile.names(in: tree["view"]) == ["large", "p0", "p1", "p2"])
    }

    @Test("has one entry when many put the same in at once, while others make room")
    func concurrent() async throws {
        let expected = try Self.digest("content")
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<16 {
                tree.folder("/view\(index)")
                group.addTask {
                    for round in 0..<20 {
                        try add("content", "a\(round)", expecting: expected, view: "view\(index)")
                        if index == 0 { PackageStore(root: tree["store"], maximumBytes: 0).trim() }
                        _ = store.link(expected, into: tree["view\(index)"], as: "b\(round)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(HostFile.names(in: tree["store"]).allSatisfy { $0 == expected.name })
        for index in 0..<16 {
            #expect(HostFile.names(in: tree["view\(index)"]).filter { $0.hasPrefix("a") }.count == 20)
        }
        try add("content", "last", expecting: expected)
        #expect(HostFile.names(in: tree["store"]) == [expected.name])
        tree.folder("/other")
        #expect(store.link(expected, into: tree["other"], as: "x") == "x")
    }

    @Test("finds out when the disk changed a file, and counts it as missing")
    func damaged() throws {
        let digest = try add("content", "a")
        #expect(chmod(tree["store/\(digest.name)/a"], 0o600) == 0)
        try tree.file("store/\(digest.name)/a", "contemt")
        tree.folder("/other")
        #expect(store.link(digest, into: tree["other"]) == nil)
        #expect(HostFile.names(in: tree["other"]).isEmpty && HostFile.names(in: tree["store"]).isEmpty)
    }

    @Test("removes what a crash left half made, and what is under way stays")
    func leftovers() throws {
        let digest = try add("content", "a")
        try tree.file("store/.new-1/half", "half")
        try tree.file("store/.gone-2/half", "half")
        store.sweep(olderThan: .seconds(3600))
        #expect(HostFile.names(in: tree["store"]).count == 3)
        store.sweep()
        #expect(HostFile.names(in: tree["store"]) == [digest.name])
    }

    @Test(
        "says so when the disk is full, and has nothing half",
        .enabled(if: geteuid() == 0 || TestEnvironment.isCI, "skipped: not root")
    )
    func fullDisk() async throws {
        tree.folder("/disk")
        // The file system is seen through the process that has it mounted.
        try tree.file(
            "mount.sh",
            "mount -t tmpfs -o size=256k none '\(tree["disk"])' && touch '\(tree["ready"])' && exec sleep 60"
        )
        let script = "unshare --mount sh '\(tree["mount.sh"])' & echo $! > '\(tree["pid"])'"
        try #require(system(script) == 0)
        let text = String(decoding: HostFile.read(tree["pid"], upTo: 20) ?? [], as: UTF8.self)
        let process = try #require(pid_t(text.filter(\.isNumber)))
        defer { kill(process, SIGKILL) }
        let end = ContinuousClock.now + .seconds(20)
        while HostFile(tree["ready"]) == nil, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        let disk = "/proc/\(process)/root\(tree["disk"])"
        try #require(mkdir(disk + "/view", 0o755) == 0)
        let store = PackageStore(root: disk + "/store", maximumBytes: 1 << 30)
        let large = try tree.file("large", String(repeating: "x", count: 1 << 20))
        let small = try tree.file("small", "small")
        for (path, code) in [(large, HeddleError.Code.storageFull), (small, nil)] {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            var thrown: HeddleError.Code?
            do {
                _ = try store.add(file, named: HostPath.name(path), .sha512, expecting: nil, into: disk + "/view")
            } catch {
                thrown = error.code
            }
            #expect(thrown == code)
            #expect(HostFile.names(in: disk + "/store").count == (code == nil ? 1 : 0))
            #expect(HostFile.names(in: disk + "/view") == (code == nil ? ["small"] : []))
        }
    }

    @Test("reads hashes of either kind, and no others")
    func digests() throws {
        let hex = String(repeating: "aB", count: 32)
        #expect(PackageDigest(.sha256, hex: hex)?.hex == hex.lowercased())
        for text in ["", String(repeating: "g", count: 64), hex + "0", String(repeating: "é", count: 32)] {
            #expect(PackageDigest(.sha256, hex: text) == nil, "\(text)")
        }
        let base = "gEc/kV7kK8kvFEdRHPEpJkNqqRpwKvTe41CZxbpzCMzzgZLqf2MZPjjUKyMZcn+Tf1sMUVFdA4CpORGJfHGsIA=="
        for text in ["sha512-" + base, "sha1-x sha512-\(base)?opt sha256-x"] {
            #expect(PackageDigest(integrity: text)?.hex.hasPrefix("80473f915ee42bc9") == true, "\(text)")
        }
        for text in [
            "", "sha512-", "sha512-AAAA", "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha512" + base, "SHA512-" + base,
        ] {
            #expect(PackageDigest(integrity: text) == nil, "\(text)")
        }
    }
}
