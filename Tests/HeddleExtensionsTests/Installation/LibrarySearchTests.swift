import Testing

@testable import HeddleExtensions

@Suite("The libraries of a program")
struct LibrarySearchTests {
    private let tree: FileTree

    init() throws {
        tree = try FileTree()
    }

    private func paths(_ program: String) async throws -> [String] {
        try await CommandResolver(searchPath: "", protectedPaths: []).resolve([program], directory: nil).readOnlyPaths
    }

    @Test("gives the loader and the folders that the file names", arguments: [15, 29])
    func runPath(tag: Int) async throws {
        let loader = try tree.program("loader/ld.so")
        let sample = ELFSample(
            interpreter: loader,
            needed: ["libone.so", "libc.so.6"],
            runPath: "$ORIGIN/../lib:\(tree["unused"]):relative:/no/such",
            runPathTag: tag
        )
        let program = try tree.file("app/bin/tool", bytes: sample.bytes, mode: 0o755)
        try tree.file("app/lib/libone.so", bytes: ELFSample(needed: ["libtwo.so"], runPath: "${ORIGIN}/deep").bytes)
        try tree.file("app/lib/deep/libtwo.so", bytes: ELFSample(needed: ["libthree.so"]).bytes)
        try tree.link("app/lib/libthree.so", to: "../../elsewhere/libthree.so.1")
        try tree.file("elsewhere/libthree.so.1", bytes: ELFSample().bytes)
        tree.folder("/unused")
        #expect(
            try await paths(program)
                == [program, tree["app/lib"], tree["elsewhere/libthree.so.1"], loader].sorted()
        )
    }

    @Test("reads the tables of a real program")
    func realProgram() throws {
        let image = try #require(ELFImage(path: "/usr/bin/env"))
        #expect(image.interpreter?.contains("ld-linux") == true)
        #expect(image.needed.contains("libc.so.6"))
    }

    @Test("finds the libraries of the toolchain", .enabled(if: HostFile("/opt/swift/usr/bin/swift-format") != nil))
    func toolchain() async throws {
        let found = try await paths("/opt/swift/usr/bin/swift-format")
        #expect(found.contains("/opt/swift/usr/lib/swift/linux"))
        #expect(!found.contains { HostPath.isInside("/opt/swift/usr/lib/swift", $0) })
    }

    @Test("takes a damaged file for a program without libraries")
    func damaged() async throws {
        let whole = ELFSample(interpreter: "/lib/ld.so", needed: ["liba.so"], runPath: "/opt").bytes
        for count in [8, 63, 64, 100, 200, whole.count - 20] {
            let path = try tree.file("cut-\(count)", bytes: Array(whole.prefix(count)), mode: 0o755)
            #expect(try await paths(path) == [path])
        }
        var hostile = whole
        for index in 32..<40 { hostile[index] = 0xFF }
        let path = try tree.file("hostile", bytes: hostile, mode: 0o755)
        #expect(try await paths(path) == [path])
    }

    @Test("takes paths of which one lies in another as one")
    func minimal() {
        let paths = ["/a/b", "/a-b", "/a", "/usr/bin/x", "/b", "/a/c/d", "/lib64/ld.so"]
        #expect(HostPath.minimal(paths) == ["/a", "/a-b", "/b"])
        #expect(HostPath.normalised("/a/../b//./c/") == "/b/c")
        #expect(HostPath.normalised("/../..") == "/")
    }
}
