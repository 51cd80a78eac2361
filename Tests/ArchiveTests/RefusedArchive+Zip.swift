import Archive

extension RefusedArchive {
    private static let text = String(repeating: "text ", count: 100)
    private static let unicodePath: UInt16 = 0x7075
    private static let zip64: UInt16 = 1

    private static func mode(_ mode: UInt32) -> [UInt8] {
        Zip.bytes(.init("a", "/etc/passwd") { $0.attributes = mode << 16 })
    }

    static let zips: [Self] = [
        Self("a zip with a symbolic link", .unsupportedEntry, mode(0o120_777)),
        Self("a zip with a block device", .unsupportedEntry, mode(0o060_644)),
        Self("a zip with a character device", .unsupportedEntry, mode(0o020_644)),
        Self("a zip with a FIFO", .unsupportedEntry, mode(0o010_644)),
        Self("a zip with a socket", .unsupportedEntry, mode(0o140_644)),
        Self("a zip with an unknown mode", .unsupportedEntry, mode(0o170_644)),
        Self("a folder without a slash", .inconsistent, mode(0o040_755)),
        Self("a folder of DOS without a slash", .inconsistent, Zip.bytes(.init("a") { $0.attributes = 0x10 })),
        Self("a folder that has content", .inconsistent, Zip.bytes(.init("a/", "evil"))),
        Self("a name that is no UTF-8", .unsafePath, Zip.bytes(.init("a") { $0.name = [0x61, 0x80] })),
        Self("an entry twice", .duplicatePath, Zip.bytes(.init("a", "1"), .init("a", "2"))),
        Self("an entry in capitals", .duplicatePath, Zip.bytes(.init("a", "1"), .init("A", "2"))),
        Self("an entry below a file", .duplicatePath, Zip.bytes(.init("a", "1"), .init("a/b", "2"))),
        Self("an encrypted entry", .encrypted, Zip.bytes(.init("a", "1") { $0.flags |= 1 })),
        Self("a strongly encrypted entry", .encrypted, Zip.bytes(.init("a", "1") { $0.flags |= 1 << 6 })),
        Self("a hidden directory", .encrypted, Zip.bytes(.init("a", "1") { $0.flags |= 1 << 13 })),
        Self(
            "an entry that is encrypted in its own header only",
            .encrypted,
            Zip.bytes(.init("a", "1") { $0.localFlags = 0x801 })
        ),
        Self(
            "an entry encrypted with AES",
            .encrypted,
            Zip.bytes(
                .init("a", "1") {
                    $0.method = 99
                    $0.extra = Zip.field(0x9901, [2, 0, 0x41, 0x45, 3, 8, 0])
                }
            )
        ),
        Self("bzip2", .unsupportedCompression, Zip.bytes(.init("a", "1") { $0.method = 12 })),
        Self("deflate64", .unsupportedCompression, Zip.bytes(.init("a", "1") { $0.method = 9 })),
        Self("a patch", .unsupportedCompression, Zip.bytes(.init("a", "1") { $0.flags |= 1 << 5 })),
        Self(
            "another name in the own header",
            .inconsistent,
            Zip.bytes(.init("a", "1") { $0.localName = Array("../b".utf8) })
        ),
        Self("another method in the own header", .inconsistent, Zip.bytes(.init("a", "1") { $0.localMethod = 8 })),
        Self("another size in the own header", .inconsistent, Zip.bytes(.init("a", "1") { $0.localSize = 2 })),
        Self("another packed size in the own header", .inconsistent, Zip.bytes(.init("a", "1") { $0.localPacked = 2 })),
        Self("another checksum in the own header", .inconsistent, Zip.bytes(.init("a", "1") { $0.localChecksum = 2 })),
        Self(
            "another name in an extra field",
            .inconsistent,
            Zip.bytes(.init("a", "1") { $0.extra = Zip.field(unicodePath, [1, 0, 0, 0, 0] + Array("../b".utf8)) })
        ),
        Self(
            "another name in an extra field of the own header",
            .inconsistent,
            Zip.bytes(.init("a", "1") { $0.localExtra = Zip.field(unicodePath, [1, 0, 0, 0, 0] + Array("b".utf8)) })
        ),
        Self("an extra field that is cut", .damaged, Zip.bytes(.init("a", "1") { $0.extra = [1, 0, 200, 0, 1] })),
        Self(
            "an extra field twice",
            .inconsistent,
            Zip.bytes(.init("a", "1") { $0.extra = Zip.field(zip64, []) + Zip.field(zip64, []) })
        ),
        Self("no sizes of zip64", .damaged, Zip.bytes(.init("a", "1") { $0.size = 0xFFFF_FFFF })),
        Self(
            "sizes of zip64 that are cut",
            .damaged,
            Zip.bytes(
                .init("a", "1") {
                    $0.size = 0xFFFF_FFFF
                    $0.extra = Zip.field(zip64, [1, 0, 0, 0])
                }
            )
        ),
        Self(
            "a size of zip64 beyond everything",
            .tooLarge,
            Zip.bytes(
                .init("a", "1") {
                    $0.size = 0xFFFF_FFFF
                    $0.extra = Zip.field(zip64, [UInt8](repeating: 0xFF, count: 8))
                }
            )
        ),
        Self("an entry on another disk", .inconsistent, Zip.bytes(.init("a", "1") { $0.disk = 1 })),
        Self("a wrong checksum", .damaged, Zip.bytes(.init("a", "1") { $0.checksum = 1 })),
        Self(
            "a wrong checksum of deflated data",
            .damaged,
            Zip.bytes(
                .init("a", text) {
                    $0.isDeflated = true
                    $0.checksum = 1
                }
            )
        ),
        Self("a stored entry of another size", .inconsistent, Zip.bytes(.init("a", "1") { $0.size = 2 })),
    ]

    private static func deflated(_ change: (inout Zip.Entry) -> Void) -> [UInt8] {
        Zip.bytes(
            .init("a", text) {
                $0.isDeflated = true
                change(&$0)
            }
        )
    }

    static let zipData: [Self] = [
        Self("data that unpack to more", .inconsistent, deflated { $0.size = 10 }),
        Self("data that unpack to less", .inconsistent, deflated { $0.size = 100_000 }),
        Self("data with something behind", .inconsistent, deflated { $0.data = Deflate.raw($0.content) + [0] }),
        Self("data that are cut", .truncated, deflated { $0.data = Deflate.raw($0.content).dropLast(3) }),
        Self("no data", .truncated, deflated { $0.data = [] }),
        Self("data that are no deflate", .damaged, deflated { $0.data = [7, 7, 7, 7] }),
        Self("a size above the limit", .tooLarge, deflated { $0.size = 0xFFFF_FFFE }),
        Self("data beyond the directory", .inconsistent, Zip.bytes(.init("a", "1") { $0.packed = 5000 })),
        Self("an entry beyond the directory", .inconsistent, Zip.bytes(.init("a", "1") { $0.offset = 5000 })),
        Self("an entry in the directory", .inconsistent, Zip.bytes(.init("a", "1") { $0.offset = 33 })),
        Self("an entry where there is none", .inconsistent, Zip.bytes(.init("a", "12345") { $0.offset = 1 })),
        Self(
            "two entries with the same data",
            .inconsistent,
            Zip.bytes(.init("a", "1"), .init("b", "1") { $0.offset = 0 })
        ),
        Self(
            "an entry in the data of another",
            .inconsistent,
            Zip.bytes(.init("a") { $0.content = Zip([.init("b", "1")]).bytes }, .init("b", "1") { $0.offset = 31 })
        ),
        Self(
            "data that reach into the next entry",
            .inconsistent,
            Zip.bytes(
                .init("a", "1") {
                    $0.packed = 20
                    $0.size = 20
                },
                .init("b", "1")
            )
        ),
        Self(
            "data that reach into the directory",
            .inconsistent,
            Zip.bytes(
                .init("a", "1") {
                    $0.packed = 2
                    $0.size = 2
                }
            )
        ),
        Self(
            "a descriptor that says something else",
            .inconsistent,
            Zip.bytes(
                .init("a", "1") {
                    $0.flags |= 8
                    $0.descriptor = Zip.descriptor("2")
                }
            )
        ),
        Self("no descriptor", .inconsistent, Zip.bytes(.init("a", "1") { $0.flags |= 8 })),
        Self(
            "a size in the header besides a descriptor",
            .inconsistent,
            Zip.bytes(
                .init("a", "1") {
                    $0.flags |= 8
                    $0.localSize = 7
                    $0.descriptor = Zip.descriptor("1")
                }
            )
        ),
    ]

    static let zipEnds: [Self] = [
        Self("a zip without an end", .truncated, Array(Zip.bytes(.init("a", "1")).dropLast(22))),
        Self("a zip that is cut in its end", .truncated, Array(Zip.bytes(.init("a", "1")).dropLast())),
        Self("a zip with bytes after its end", .truncated, Zip.bytes(.init("a", "1")) { $0.trailing = [0] }),
        Self(
            "an end in the comment",
            .inconsistent,
            Zip.bytes(.init("a", "1")) { $0.comment = Zip.bytes(.init("b", "2")) }
        ),
        Self("too many entries in the end", .inconsistent, Zip.bytes(.init("a", "1")) { $0.count = 2 }),
        Self("no entries in the end", .inconsistent, Zip.bytes(.init("a", "1")) { $0.count = 0 }),
        Self(
            "fewer entries than the end says",
            .inconsistent,
            Zip.bytes(.init("a", "1") { $0.extra = Zip.field(0x9999, [UInt8](repeating: 0, count: 99)) }) {
                $0.count = 2
            }
        ),
        Self("an end of another disk", .inconsistent, Zip.bytes(.init("a", "1")) { $0.disk = 1 }),
        Self("entries on several disks", .inconsistent, Zip.bytes(.init("a", "1")) { $0.countHere = 0 }),
        Self("a directory that ends early", .inconsistent, Zip.bytes(.init("a", "1")) { $0.directorySize = 40 }),
        Self("a directory that begins late", .inconsistent, Zip.bytes(.init("a", "1")) { $0.directoryOffset = 40 }),
        Self("a directory of 65 megabytes", .tooLarge, Zip.bytes(.init("a", "1")) { $0.directorySize = 65 << 20 }),
        Self("bytes after the directory", .inconsistent, Zip.bytes(.init("a", "1")) { $0.afterDirectory = [1, 2, 3] }),
        Self(
            "something else in the directory",
            .damaged,
            Zip.bytes(.init("a", "1")) {
                $0.afterDirectory = [UInt8](repeating: 7, count: 50)
                $0.directorySize = 97
                $0.count = 2
            }
        ),
        Self(
            "half an entry in the directory",
            .damaged,
            Zip.bytes(.init("a", "1")) {
                $0.afterDirectory = [UInt8](repeating: 7, count: 45)
                $0.directorySize = 92
                $0.count = 2
            }
        ),
        Self("zip64 with another count", .inconsistent, Zip.bytes(.init("a", "1")) { $0.wide = { $0.count = 2 } }),
        Self("zip64 with many entries", .inconsistent, Zip.bytes(.init("a", "1")) { $0.wide = { $0.count = .max } }),
        Self("zip64 with a huge directory", .tooLarge, Zip.bytes(.init("a", "1")) { $0.wide = { $0.size = .max } }),
        Self(
            "zip64 with a far directory",
            .inconsistent,
            Zip.bytes(.init("a", "1")) { $0.wide = { $0.offset = .max } }
        ),
        Self("zip64 at a wrong place", .inconsistent, Zip.bytes(.init("a", "1")) { $0.wide = { $0.position -= 1 } }),
        Self("zip64 beyond the file", .inconsistent, Zip.bytes(.init("a", "1")) { $0.wide = { $0.position = .max } }),
        Self("zip64 with a gap", .inconsistent, Zip.bytes(.init("a", "1")) { $0.wide = { $0.recordSize = 45 } }),
        Self("zip64 on several disks", .inconsistent, Zip.bytes(.init("a", "1")) { $0.wide = { $0.disks = 2 } }),
        Self(
            "two ends that contradict each other",
            .inconsistent,
            Zip.bytes(.init("a", "1"), .init("b", "2")) {
                $0.count = 1
                $0.wide = { _ in }
            }
        ),
    ]

    static let limits: [Self] = [
        Self("a packed size above the limit", .tooLarge, Tar.file("a") + Tar.end) { $0.packedBytes = 1023 },
        Self("a file above the limit", .tooLarge, Tar.file("a", "12345") + Tar.end) { $0.entryBytes = 4 },
        Self("files above the limit", .tooLarge, Tar.file("a", "123") + Tar.file("b", "456") + Tar.end) {
            $0.unpackedBytes = 5
        },
        Self("a stream above the limit", .tooLarge, Deflate.gzip(Tar.file("a", "123") + Tar.end)) {
            $0.unpackedBytes = 1535
        },
        Self("entries above the limit", .tooManyEntries, Tar.file("a") + Tar.file("b") + Tar.end) { $0.entries = 1 },
        Self("folders above the limit", .tooManyEntries, Tar.file("a/b/c/d") + Tar.end) { $0.entries = 3 },
        Self("entries of a zip above the limit", .tooManyEntries, Zip.bytes(.init("a"), .init("b"))) { $0.entries = 1 },
        Self("files of a zip above the limit", .tooLarge, Zip.bytes(.init("a", "123"), .init("b", "456"))) {
            $0.unpackedBytes = 5
        },
        Self(
            "a zip that unpacks to too much",
            .suspiciousRatio,
            Zip.bytes(
                .init("a") {
                    $0.isDeflated = true
                    $0.content = [UInt8](repeating: 0, count: 17 << 20)
                }
            )
        ),
        Self(
            "a gzip that unpacks to too much",
            .suspiciousRatio,
            Deflate.gzip(Tar.header("a", size: 17 << 20) + [UInt8](repeating: 0, count: 17 << 20))
        ),
        Self("a deep path", .unsafePath, Tar.file("a/b/c") + Tar.end) { $0.depth = 2 },
        Self("a long path", .unsafePath, Tar.file("a/b/c") + Tar.end) { $0.pathBytes = 4 },
        Self("a long name", .unsafePath, Tar.file("abc") + Tar.end) { $0.nameBytes = 2 },
    ]

    static let all =
        names + tars + damagedTars + gzips + zips + zipData + zipEnds + limits
}
