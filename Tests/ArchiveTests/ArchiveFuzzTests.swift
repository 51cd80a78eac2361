import Archive
import Foundation
import HeddleTestSupport
import Testing

@Suite("Random changes of archives")
struct ArchiveFuzzTests {
    private static let rounds = 800
    private static let text = String(repeating: "some text for the archive ", count: 40)

    private static let tar =
        Tar.pax([("comment", "c")], flag: "g") + Tar.folder("top/") + Tar.file("top/a", text)
        + Tar.pax([("path", "top/b"), ("size", "7")]) + Tar.file("short", "seven b") + Tar.long("top/c")
        + Tar.header("c", size: 3, mark: .gnu) + Tar.padded([1, 2, 3]) + Tar.end

    private static let zip = Zip.bytes(
        .init("top/") { $0.attributes = 0o040_755 << 16 },
        .init("top/a", text) { $0.isDeflated = true },
        .init("top/b", text),
        .init("top/c", "c") {
            $0.flags |= 8
            $0.localSize = 0
            $0.localPacked = 0
            $0.descriptor = Zip.descriptor("c")
        },
        .init("top/d", "d") {
            $0.size = 0xFFFF_FFFF
            $0.extra = Zip.field(1, Zip.little(1 as UInt64))
            $0.localSize = 1
        }
    ) {
        $0.wide = { _ in }
        $0.comment = Array("comment".utf8)
    }

    @Test("of a tar leave nothing outside and do not stop the program", arguments: [1, 2] as [UInt64])
    func tar(_ seed: UInt64) throws {
        // Sums that are right again let the changes through to what is behind them.
        try fuzz(Self.tar, seed: seed, accepted: 1..<Self.rounds) { Self.summed($0) }
    }

    @Test("of a tar inside of gzip leave nothing outside and do not stop the program", arguments: [3] as [UInt64])
    func innerGzip(_ seed: UInt64) throws {
        try fuzz(Self.tar, seed: seed, accepted: 1..<Self.rounds) { Deflate.gzip(Self.summed($0)) }
    }

    @Test("of a gzip leave nothing outside and do not stop the program", arguments: [4] as [UInt64])
    func gzip(_ seed: UInt64) throws {
        try fuzz(Deflate.gzip(Self.tar), seed: seed, accepted: 0..<Self.rounds) { $0 }
    }

    @Test("of a zip leave nothing outside and do not stop the program", arguments: [5, 6] as [UInt64])
    func zip(_ seed: UInt64) throws {
        try fuzz(Self.zip, seed: seed, accepted: 1..<Self.rounds) { $0 }
    }

    private func fuzz(
        _ original: [UInt8],
        seed: UInt64,
        accepted: Range<Int>,
        _ finish: ([UInt8]) -> [UInt8]
    ) throws {
        var generator = SplitMix64(seed: seed)
        var unpacked = 0
        try ArchiveScratch.with { scratch in
            #expect(try !scratch.unpack(finish(original)).isEmpty)
            try empty(scratch.target)
            for _ in 0..<Self.rounds {
                try scratch.write(finish(Self.changed(original, &generator)))
                do {
                    let contents = try ArchiveUnpacker().unpack(scratch.archive, into: scratch.target)
                    let entries = try ArchiveUnpacker().list(scratch.archive)
                    #expect(entries.count { !$0.isFolder } == contents.files)
                    unpacked += 1
                    try scratch.expectNothingOutside()
                    try empty(scratch.target)
                } catch let error as ArchiveError {
                    let listing = #expect(throws: ArchiveError.self) { try ArchiveUnpacker().list(scratch.archive) }
                    #expect(listing == error)
                    try scratch.expectEmpty()
                }
            }
        }
        #expect(accepted.contains(unpacked))
    }

    private func empty(_ folder: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    /// One to four bytes changed, removed, inserted, copied from elsewhere or cut off.
    private static func changed(_ bytes: [UInt8], _ generator: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        let tokens = ["../", "/", "\u{0}", "2", "x", "PK\u{5}\u{6}", "\u{7F}", " ", "9", "=", "-"]
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let index = Int.random(in: 0..<max(bytes.count, 1), using: &generator)
            guard index < bytes.count else { break }
            switch Int.random(in: 0..<12, using: &generator) {
            case 0..<4: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 4..<6: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 6: bytes[index] = [0, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
            case 7..<9:
                let token = Array((tokens.randomElement(using: &generator) ?? "").utf8).prefix(bytes.count - index)
                bytes.replaceSubrange(index..<index + token.count, with: token)
            case 9: bytes.remove(at: index)
            case 10:
                let count = min(512, bytes.count - index)
                bytes.insert(contentsOf: bytes[index..<index + count], at: index)
            default: bytes.removeSubrange(index...)
            }
        }
        return bytes
    }

    /// With the right sum in everything that looks like a header.
    private static func summed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for start in stride(from: 0, to: bytes.count - 511, by: 512)
        where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
            bytes.replaceSubrange(start..<start + 512, with: Tar.summed(Array(bytes[start..<start + 512])))
        }
        return bytes
    }
}
