import Archive
import HeddleTestSupport
import Testing

@Suite("A zip file")
struct ZipTests {
    private static let text = String(repeating: "some text ", count: 1000)

    private func unpack(_ bytes: [UInt8]) throws -> [String: UnpackedFile] {
        try ArchiveScratch.with { try $0.unpack(bytes) }
    }

    @Test("keeps files, folders and the right to execute, and nothing else")
    func entries() throws {
        let tree = try unpack(
            Zip.bytes(
                .init("top/") { $0.attributes = 0o040_777 << 16 | 0x10 },
                .init("top/run", "#!") { $0.attributes = 0o106_755 << 16 },
                .init("./top//a/./b", Self.text) { $0.isDeflated = true },
                .init("é 😀") { $0.attributes = 0x20 },
                .init("empty") { $0.isDeflated = true },
                .init("old/") { $0.isDeflated = true }
            )
        )
        #expect(
            tree == [
                "top": .folder, "top/run": .file("#!", isExecutable: true), "top/a": .folder,
                "top/a/b": .file(Self.text), "é 😀": .file(""), "empty": .file(""), "old": .folder,
            ]
        )
    }

    @Test("is taken in the order of the data, whatever the directory's")
    func order() throws {
        let second = Zip.bytes(.init("a", "1") { $0.offset = 32 }, .init("b", "2") { $0.offset = 0 })
        let swapped = Zip.bytes(
            .init("a", "1") {
                $0.offset = 32
                $0.localName = Array("b".utf8)
                $0.data = Array("2".utf8)
                $0.localChecksum = Deflate.checksum(Array("2".utf8))
            },
            .init("b", "2") {
                $0.offset = 0
                $0.localName = Array("a".utf8)
                $0.data = Array("1".utf8)
                $0.localChecksum = Deflate.checksum(Array("1".utf8))
            }
        )
        #expect(try unpack(swapped) == ["a": .file("1"), "b": .file("2")])
        #expect(throws: ArchiveError.self) { try unpack(second) }
    }

    @Test(
        "has its sizes from where they count",
        arguments: [
            { entry in
                entry.size = 0xFFFF_FFFF
                entry.packed = 0xFFFF_FFFF
                entry.offset = 0xFFFF_FFFF
                entry.disk = 0xFFFF
                let sizes = [10_000, entry.packedContent.count, 0].flatMap { Zip.little(UInt64($0)) }
                entry.extra = Zip.field(0x5455, [1]) + Zip.field(1, sizes + Zip.little(0 as UInt32)) + [0, 0, 0]
                entry.localExtra = Zip.field(1, Array(sizes.prefix(16)))
            },
            { entry in
                entry.size = 0xFFFF_FFFF
                entry.localSize = 10_000
                entry.extra = Zip.field(1, Zip.little(10_000 as UInt64))
            },
            { entry in
                entry.flags |= 8
                entry.localSize = 0
                entry.localPacked = 0
                entry.localChecksum = 0
                entry.descriptor = Zip.descriptor(text, packed: entry.packedContent.count)
            },
            { entry in
                entry.flags |= 8
                entry.descriptor = Zip.descriptor(text, signature: false, packed: entry.packedContent.count)
            },
            { entry in
                entry.flags |= 8
                let sizes = [entry.packedContent.count, 10_000].flatMap { Zip.little(UInt64($0)) }
                entry.descriptor = Zip.little(Deflate.checksum(entry.content)) + sizes
            },
        ] as [@Sendable (inout Zip.Entry) -> Void],
        [false, true]
    )
    func sizes(_ change: @Sendable (inout Zip.Entry) -> Void, _ isDeflated: Bool) throws {
        let tree = try unpack(
            Zip.bytes(
                .init("a", Self.text) {
                    $0.isDeflated = isDeflated
                    change(&$0)
                },
                .init("b", "1")
            )
        )
        #expect(tree == ["a": .file(Self.text), "b": .file("1")])
    }

    @Test(
        "has its directory from where it counts",
        arguments: [
            { $0.comment = Array("A comment.".utf8) },
            { $0.comment = [UInt8](repeating: 0x50, count: 65535) },
            { $0.beforeDirectory = [1, 2, 3] },
            { $0.wide = { _ in } },
            { zip in
                zip.wide = { _ in }
                zip.count = 2
                zip.directoryOffset = 100
                zip.beforeDirectory = [UInt8](repeating: 0, count: 36)
            },
        ] as [@Sendable (inout Zip) -> Void]
    )
    func directories(_ change: @Sendable (inout Zip) -> Void) throws {
        let bytes = Zip.bytes(.init("a", "1"), .init("b", "2"), change: change)
        #expect(try unpack(bytes) == ["a": .file("1"), "b": .file("2")])
    }

    @Test("may repeat a name in an extra field")
    func unicodePath() throws {
        let field = Zip.field(0x7075, [1, 0, 0, 0, 0] + Array("é".utf8))
        let bytes = Zip.bytes(
            .init("é", "1") {
                $0.extra = field
                $0.localExtra = field
            }
        )
        #expect(try unpack(bytes) == ["é": .file("1")])
    }

    @Test("can be empty")
    func empty() throws {
        #expect(try unpack(Zip.bytes()).isEmpty)
    }

    @Test("keeps its bytes, whatever the size", arguments: [1, 262_143, 262_144, 262_145, 1_000_000], [false, true])
    func bytes(_ count: Int, _ isDeflated: Bool) throws {
        var generator = SplitMix64(seed: UInt64(count))
        let content = (0..<count).map { _ in UInt8.random(in: 0...63, using: &generator) }
        let bytes = Zip.bytes(
            .init("a") {
                $0.content = content
                $0.isDeflated = isDeflated
            },
            .init("b", "1")
        )
        #expect(try unpack(bytes) == ["a": .file(content), "b": .file("1")])
    }
}
