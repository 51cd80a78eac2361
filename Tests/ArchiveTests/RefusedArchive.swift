import Archive
import Testing

/// An archive that has to be refused, and why.
struct RefusedArchive: Sendable, CustomTestStringConvertible {
    let name: String
    let reason: ArchiveError.Reason
    let bytes: [UInt8]
    var limits = ArchiveLimits()

    var testDescription: String { "\(name): \(reason.rawValue)" }

    init(
        _ name: String,
        _ reason: ArchiveError.Reason,
        _ bytes: [UInt8],
        _ change: (inout ArchiveLimits) -> Void = { _ in }
    ) {
        self.name = name
        self.reason = reason
        self.bytes = bytes
        change(&limits)
    }

    /// A tar with one file of this name, as it can also be in the other format.
    private static func named(_ what: String, _ name: String) -> [Self] {
        [
            Self("tar with \(what)", .unsafePath, Tar.pax([("path", name)]) + Tar.file("x", "evil") + Tar.end),
            Self("zip with \(what)", .unsafePath, Zip.bytes(.init("fine", "1"), .init(name, "evil"))),
        ]
    }

    static let names: [Self] = [
        named("a parent folder", "../evil"),
        named("a parent folder in the middle", "a/../../evil"),
        named("a parent folder at the end", "a/.."),
        named("a parent folder alone", ".."),
        named("a parent folder after a dot", "./../evil"),
        named("an absolute path", "/tmp/archive-test-evil"),
        named("two slashes in front", "//tmp/archive-test-evil"),
        named("a backslash", "..\\evil"),
        named("a zero byte", "evil\u{0}.txt"),
        named("a line break", "a\nb"),
        named("an escape character", "\u{1B}[2Jevil"),
        named("a delete character", "evil\u{7F}"),
        named("a control character of two bytes", "evil\u{85}"),
        named("a drive letter", "C:evil"),
        named("a drive letter after a dot", "./c:/evil"),
        named("a dot in place of a file", "."),
        named("an empty name", ""),
        named("a name of 256 bytes", String(repeating: "n", count: 256)),
        named("65 levels", Array(repeating: "d", count: 65).joined(separator: "/")),
        named("a path of 1025 bytes", String(repeating: String(repeating: "p", count: 204) + "/", count: 5) + "x"),
    ]
    .flatMap { $0 }

    static let tars: [Self] = [
        Self("a symbolic link", .unsupportedEntry, Tar.header("l", flag: "2", link: "/etc") + Tar.end),
        Self(
            "a file through a symbolic link",
            .unsupportedEntry,
            Tar.header("l", flag: "2", link: "..") + Tar.file("l/evil", "evil") + Tar.end
        ),
        Self(
            "a hard link to a file outside",
            .unsupportedEntry,
            Tar.file("a", "1") + Tar.header("l", flag: "1", link: "../sentinel") + Tar.end
        ),
        Self("a character device", .unsupportedEntry, Tar.header("null", flag: "3") + Tar.end),
        Self("a block device", .unsupportedEntry, Tar.header("sda", flag: "4") + Tar.end),
        Self("a FIFO", .unsupportedEntry, Tar.header("pipe", flag: "6") + Tar.end),
        Self("a contiguous file", .unsupportedEntry, Tar.header("file", flag: "7") + Tar.end),
        Self("a sparse file of GNU tar", .unsupportedEntry, Tar.header("sparse", flag: "S", mark: .gnu) + Tar.end),
        Self("a volume of several", .unsupportedEntry, Tar.header("part", flag: "M", mark: .gnu) + Tar.end),
        Self("a type of a vendor", .unsupportedEntry, Tar.header("type", flag: "Z") + Tar.end),
        Self(
            "a sparse file in pax records",
            .unsupportedEntry,
            Tar.pax([("GNU.sparse.major", "1"), ("GNU.sparse.name", "x")]) + Tar.file("a") + Tar.end
        ),
        Self("a link in pax records", .unsupportedEntry, Tar.pax([("linkpath", "/etc")]) + Tar.file("a") + Tar.end),
        Self("a long link for a file", .unsupportedEntry, Tar.long("/etc", flag: "K") + Tar.file("a") + Tar.end),
        Self(
            "a long link for a link",
            .unsupportedEntry,
            Tar.long("/etc", flag: "K") + Tar.header("l", flag: "2") + Tar.end
        ),
        Self("a long name that leads out", .unsafePath, Tar.long("../../evil") + Tar.file("a") + Tar.end),
        Self("a prefix that leads out", .unsafePath, Tar.header("evil", prefix: "..") + Tar.end),
        Self("an absolute prefix", .unsafePath, Tar.header("evil", prefix: "/tmp") + Tar.end),
        Self("a folder that leads out", .unsafePath, Tar.folder("../evil/") + Tar.end),
        Self("a name that is no UTF-8", .unsafePath, Tar.header("", nameField: [0x61, 0xFF]) + Tar.end),
        Self("an overlong slash", .unsafePath, Tar.header("", nameField: Array("..".utf8) + [0xC0, 0xAF]) + Tar.end),
        Self("the same file twice", .duplicatePath, Tar.file("a", "1") + Tar.file("a", "2") + Tar.end),
        Self("the same file with a dot", .duplicatePath, Tar.file("a/b", "1") + Tar.file("./a/./b", "2") + Tar.end),
        Self("the same file in capitals", .duplicatePath, Tar.file("d/read", "1") + Tar.file("d/READ", "2") + Tar.end),
        Self("the same folder twice", .duplicatePath, Tar.folder("a") + Tar.folder("a/") + Tar.end),
        Self("the top folder twice", .duplicatePath, Tar.folder("./") + Tar.folder(".") + Tar.end),
        Self("folders that differ in case", .duplicatePath, Tar.file("Lib/a") + Tar.file("lib/b") + Tar.end),
        Self("a file in a file", .duplicatePath, Tar.file("a", "1") + Tar.file("a/b", "2") + Tar.end),
        Self("a file over a folder", .duplicatePath, Tar.file("a/b", "1") + Tar.file("a", "2") + Tar.end),
        Self("a folder over a file", .duplicatePath, Tar.file("a", "1") + Tar.folder("a") + Tar.end),
        Self("a folder with content", .inconsistent, Tar.header("a", flag: "5", size: 3) + Tar.padded([1, 2, 3])),
        Self("a slash with content", .inconsistent, Tar.file("a/", "evil") + Tar.end),
        Self(
            "two pax headers for one file",
            .inconsistent,
            Tar.pax([("path", "a")]) + Tar.pax([("path", "b")]) + Tar.file("c") + Tar.end
        ),
        Self("two long names for one file", .inconsistent, Tar.long("a") + Tar.long("b") + Tar.file("c") + Tar.end),
        Self("two long links for one file", .inconsistent, Tar.long("a", flag: "K") + Tar.long("b", flag: "K")),
        Self(
            "a long name besides another in pax records",
            .inconsistent,
            Tar.long("a") + Tar.pax([("path", "b")]) + Tar.file("c") + Tar.end
        ),
        Self(
            "one name for all",
            .inconsistent,
            Tar.pax([("path", "../evil")], flag: "g") + Tar.file("a", "evil") + Tar.end
        ),
    ]

    static let damagedTars: [Self] = [
        Self("nothing", .notAnArchive, []),
        Self("one byte", .notAnArchive, [0x1F]),
        Self("text", .notAnArchive, Array(String(repeating: "This is no archive. ", count: 100).utf8)),
        Self("a program", .notAnArchive, [0x7F] + Array("ELF".utf8) + [UInt8](repeating: 1, count: 4096)),
        Self("zeros that are too few", .notAnArchive, [UInt8](repeating: 0, count: 100)),
        Self("a wrong sum", .damaged, changed(Tar.header("a"), at: 0)),
        Self("a wrong sum later", .damaged, Tar.file("a") + [UInt8](repeating: 7, count: 512)),
        Self("a negative size", .damaged, Tar.header("a", sizeField: [UInt8](repeating: 0xFF, count: 12)) + Tar.end),
        Self("a size with letters", .damaged, Tar.header("a", sizeField: Array("0000000001x".utf8)) + Tar.end),
        Self("a size with a sign", .damaged, Tar.header("a", sizeField: Array("-0000000001".utf8)) + Tar.end),
        Self("a size in two parts", .damaged, Tar.header("a", sizeField: Array("000 0000001".utf8)) + Tar.end),
        Self("a mode with letters", .damaged, Tar.header("a", mode: "rwxr-xr") + Tar.end),
        Self(
            "a size beyond everything",
            .tooLarge,
            Tar.header("a", sizeField: [0x80] + Array(repeating: 0xFF, count: 11))
        ),
        Self("a size of eight exabytes", .tooLarge, Tar.header("a", sizeField: Tar.binary(.max)) + Tar.end),
        Self("a size of a petabyte", .tooLarge, Tar.header("a", sizeField: Tar.binary(1 << 50)) + Tar.end),
        Self("a size of a pax record", .tooLarge, Tar.pax([("size", "99999999999999999")]) + Tar.file("a") + Tar.end),
        Self("a pax size with a sign", .damaged, Tar.pax([("size", "-1")]) + Tar.file("a") + Tar.end),
        Self("an empty pax size", .damaged, Tar.pax([("size", "")]) + Tar.file("a") + Tar.end),
        Self("a pax size beyond everything", .damaged, Tar.pax([("size", String(repeating: "9", count: 30))])),
        Self("a pax record without length", .damaged, Tar.pax(Array("path=a\n".utf8)) + Tar.file("a") + Tar.end),
        Self("a pax record of no bytes", .damaged, Tar.pax(Array("0 path=a\n".utf8)) + Tar.file("a") + Tar.end),
        Self("a pax record of two bytes", .damaged, Tar.pax(Array("2 path=a\n".utf8)) + Tar.file("a") + Tar.end),
        Self("a pax record beyond the end", .damaged, Tar.pax(Array("99 path=a\n".utf8)) + Tar.file("a") + Tar.end),
        Self("a pax record without line break", .damaged, Tar.pax(Array("9 path=ab".utf8)) + Tar.file("a") + Tar.end),
        Self("a pax record without value", .damaged, Tar.pax(Array("7 path\n".utf8)) + Tar.file("a") + Tar.end),
        Self("a pax record without key", .damaged, Tar.pax(Array("5 =a\n".utf8)) + Tar.file("a") + Tar.end),
        Self("a pax header of 65537 bytes", .tooLarge, Tar.pax([UInt8](repeating: 0x20, count: 65537)) + Tar.end),
        Self("a long name of a gigabyte", .tooLarge, Tar.header("n", flag: "L", size: 1 << 30, mark: .gnu) + Tar.end),
        Self("a long link of a gigabyte", .tooLarge, Tar.header("n", flag: "K", size: 1 << 30, mark: .gnu) + Tar.end),
        Self("an end in a header", .truncated, Tar.file("a", "1") + Tar.header("b").prefix(300)),
        Self("an end in a file", .truncated, Tar.header("a", size: 5000) + [UInt8](repeating: 1, count: 512)),
        Self("an end in the padding", .truncated, Tar.header("a", size: 1) + [1]),
        Self(
            "an end in a pax header",
            .truncated,
            Tar.header("p", flag: "x", size: 600) + [UInt8](repeating: 1, count: 512)
        ),
        Self("an end after a pax header", .truncated, Tar.pax([("path", "a")])),
        Self("an end mark after a pax header", .damaged, Tar.pax([("path", "a")]) + Tar.end),
        Self("half an end mark", .damaged, Tar.file("a") + [UInt8](repeating: 0, count: 512) + Tar.file("b") + Tar.end),
        Self(
            "a megabyte and more after the end",
            .tooLarge,
            Tar.file("a") + Tar.end + [UInt8](repeating: 0, count: (1 << 20) + 1)
        ),
    ]

    private static let small = Tar.file("a", "1") + Tar.end
    private static let smallGzip = Deflate.gzip(small)

    static let gzips: [Self] = [
        Self("gzip of text", .notAnArchive, Deflate.gzip(Array("This is no tar.".utf8))),
        Self("gzip of nothing", .notAnArchive, Deflate.gzip([])),
        Self("gzip of gzip", .notAnArchive, Deflate.gzip(Deflate.gzip(small))),
        Self("gzip of a zip", .notAnArchive, Deflate.gzip(Zip.bytes(.init("a", String(repeating: "1", count: 999))))),
        Self("gzip of a link", .unsupportedEntry, Deflate.gzip(Tar.header("l", flag: "2", link: "/etc") + Tar.end)),
        Self("gzip of a tar that leads out", .unsafePath, Deflate.gzip(Tar.file("../evil", "1") + Tar.end)),
        Self("a wrong checksum", .damaged, changed(smallGzip, at: smallGzip.count - 8)),
        Self("a wrong length", .damaged, changed(smallGzip, at: smallGzip.count - 1)),
        Self("a wrong header", .damaged, changed(smallGzip, at: 3)),
        Self("a header alone", .truncated, Array(smallGzip.prefix(10))),
        Self("half a gzip", .truncated, Array(smallGzip.prefix(smallGzip.count / 2))),
        Self("a gzip without its checksum", .truncated, Array(smallGzip.dropLast(8))),
        Self("a gzip without its last byte", .truncated, Array(smallGzip.dropLast())),
        Self("one byte after the gzip", .damaged, smallGzip + [0]),
        Self("half a magic after the gzip", .damaged, smallGzip + [0x1F]),
        Self("a text after the gzip", .damaged, smallGzip + Array("evil".utf8)),
        Self("a second member that is cut", .truncated, smallGzip + smallGzip.prefix(12)),
        Self("a member in a header", .truncated, Deflate.gzip(Array(small.prefix(700)))),
    ]

    static func changed(_ bytes: [UInt8], at index: Int) -> [UInt8] {
        var bytes = bytes
        bytes[index] ^= 0xFF
        return bytes
    }
}
