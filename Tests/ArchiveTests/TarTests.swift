import Archive
import HeddleTestSupport
import Testing

@Suite("A tar file")
struct TarTests {
    private static let long = String(repeating: "n", count: 200)
    private static let deep = Array(repeating: "folder", count: 40).joined(separator: "/")

    private func unpack(_ bytes: [UInt8]) throws -> [String: UnpackedFile] {
        let tree = try ArchiveScratch.with { try $0.unpack(bytes) }
        // Compressed or not makes no difference, nor in how many members.
        let half = bytes.count / 2
        let members = Deflate.gzip(Array(bytes[..<half])) + Deflate.gzip([]) + Deflate.gzip(Array(bytes[half...]))
        #expect(try ArchiveScratch.with { try $0.unpack(Deflate.gzip(bytes)) } == tree)
        #expect(try ArchiveScratch.with { try $0.unpack(members) } == tree)
        return tree
    }

    @Test("keeps files, folders and the right to execute, and nothing else")
    func entries() throws {
        let tree = try unpack(
            Tar.folder("./") + Tar.folder("top") + Tar.file("top/run", "#!", mode: "0006755")
                + Tar.file("./top//a/./b", "text", mode: "0000666") + Tar.file("é 😀", "", mode: "0000111")
                + Tar.folder("top/a/") + Tar.header("old/", mark: .none) + Tar.end
        )
        #expect(
            tree == [
                "top": .folder, "top/run": .file("#!", isExecutable: true), "top/a": .folder,
                "top/a/b": .file("text"), "é 😀": .file("", isExecutable: true), "old": .folder,
            ]
        )
    }

    private static let named: [(header: [UInt8], name: String)] = [
        (Tar.header("name", mark: .none), "name"),
        (Tar.header("name", mark: .gnu), "name"),
        (Tar.header("name", prefix: "the/prefix"), "the/prefix/name"),
        (Tar.header("name", mark: .gnu, prefix: "the/prefix"), "name"),
        (Tar.long(deep) + Tar.header("short", mark: .gnu), deep),
        (Tar.pax([("path", long)]) + Tar.file("short"), long),
        (Tar.pax([("path", "first"), ("path", "second")]) + Tar.file("short"), "second"),
        (Tar.long(long) + Tar.pax([("path", long)]) + Tar.file("short"), long),
        (Tar.pax([("comment", "path=x"), ("mtime", "1.5"), ("LIBARCHIVE.xattr.a", "\u{0}")]) + Tar.file("n"), "n"),
        (Tar.pax([("comment", "abc")], flag: "g") + Tar.pax([("charset", "x")], flag: "g") + Tar.file("n"), "n"),
        (Tar.header("", nameField: [UInt8](repeating: 0x6E, count: 100)), String(repeating: "n", count: 100)),
    ]

    @Test("has its name from where it counts", arguments: named)
    func names(_ header: [UInt8], _ name: String) throws {
        let tree = try unpack(header + Tar.end)
        #expect(tree.filter { !$0.value.isFolder } == [name: .file("")])
    }

    private static let sized: [[UInt8]] = [
        Tar.header("a", sizeField: Tar.binary(3)),
        Tar.header("a", sizeField: Array("3".utf8)),
        Tar.header("a", sizeField: Array("         3 \u{0}".utf8)),
        Tar.header("a", sizeField: Array("000000000003".utf8)),
        Tar.pax([("size", "3")]) + Tar.header("a"),
        Tar.pax([("size", "9"), ("size", "03")]) + Tar.header("a", size: 7),
    ]

    @Test("has its size from where it counts", arguments: sized)
    func sizes(_ header: [UInt8]) throws {
        #expect(try unpack(header + Tar.padded([1, 2, 3]) + Tar.file("b") + Tar.end).keys.sorted() == ["a", "b"])
        #expect(try unpack(header + Tar.padded([1, 2, 3]) + Tar.end) == ["a": .file([1, 2, 3])])
    }

    @Test("has a sum of signed or unsigned bytes", arguments: [false, true])
    func sums(_ isSigned: Bool) throws {
        #expect(try unpack(Tar.header("é", isSigned: isSigned) + Tar.end) == ["é": .file("")])
    }

    @Test(
        "ends with two blocks, one, none, or with filling",
        arguments: [Tar.end, [UInt8](repeating: 0, count: 512), [], Tar.end + [UInt8](repeating: 7, count: 9999)]
    )
    func ends(_ end: [UInt8]) throws {
        #expect(try unpack(Tar.file("a", "1") + end) == ["a": .file("1")])
    }

    @Test("can be empty")
    func empty() throws {
        #expect(try unpack(Tar.end).isEmpty)
        #expect(try unpack(Tar.folder(".") + Tar.end).isEmpty)
    }

    @Test("keeps its bytes, whatever the size", arguments: [0, 1, 511, 512, 513, 262_143, 262_144, 262_145, 1_000_000])
    func bytes(_ count: Int) throws {
        var generator = SplitMix64(seed: UInt64(count))
        let content = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let file = Tar.header("a", size: count) + Tar.padded(content)
        #expect(try unpack(file + Tar.file("b", "1") + Tar.end) == ["a": .file(content), "b": .file("1")])
    }

    @Test("keeps names apart that differ in more than the case of ASCII letters")
    func cases() throws {
        let names = ["é", "É", "e\u{301}", "[", "{", "a/b", "ab"]
        let tree = try ArchiveScratch.with { scratch in
            try scratch.write(names.flatMap { Tar.file($0) } + Tar.end)
            return try ArchiveUnpacker().unpack(scratch.archive, into: scratch.target)
        }
        #expect(tree.files == names.count)
    }

    private static let rooted: [(entries: [UInt8], name: String?)] = [
        (Tar.file("package/a") + Tar.file("package/b/c"), "package"),
        (Tar.folder("./") + Tar.file("./p/a"), "p"),
        (Tar.folder("p"), "p"),
        (Tar.file("p/a") + Tar.file("q"), nil),
        (Tar.file("p"), nil),
        ([], nil),
        (Tar.file("p/a") + Tar.file("q/a"), nil),
        (Tar.file("q") + Tar.file("p/a"), nil),
    ]

    @Test("tells the one folder in which everything lies", arguments: rooted)
    func commonRoot(_ entries: [UInt8], _ name: String?) throws {
        try ArchiveScratch.with { scratch in
            try scratch.write(entries + Tar.end)
            #expect(try ArchiveUnpacker().unpack(scratch.archive, into: scratch.target).commonRoot == name)
        }
    }
}
