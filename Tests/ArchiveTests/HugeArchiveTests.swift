import Archive
import Glibc
import Testing

@Suite("An archive that is small and unpacks to much", .serialized)
struct HugeArchiveTests {
    private static let gigabytes10 = 10 << 30
    private static let zeros = 10 << 20

    /// Writes a gzip of 10 GB as members of 10 MB each.
    private func writeBomb(_ scratch: ArchiveScratch) throws {
        let file = try #require(fopen(scratch.archive, "w"))
        defer { fclose(file) }
        let header = Deflate.gzip(Tar.header("zeros", sizeField: Tar.binary(Self.gigabytes10)))
        let member = Deflate.gzip([UInt8](repeating: 0, count: Self.zeros), level: 9)
        #expect(fwrite(header, 1, header.count, file) == header.count)
        for _ in 0..<(Self.gigabytes10 / Self.zeros) {
            try #require(fwrite(member, 1, member.count, file) == member.count)
        }
        #expect((9_000_000...13_000_000).contains(ftell(file)))
    }

    private var generous: ArchiveLimits {
        var limits = ArchiveLimits()
        limits.entryBytes = 2 * Self.gigabytes10
        limits.unpackedBytes = 2 * Self.gigabytes10
        return limits
    }

    @Test("is refused for its ratio although the sizes were allowed")
    func ratio() throws {
        try ArchiveScratch.with { scratch in
            try writeBomb(scratch)
            #expect(try scratch.refusal(limits: generous)?.reason == .suspiciousRatio)
        }
    }

    @Test("is refused for its size although the ratio was allowed")
    func size() throws {
        try ArchiveScratch.with { scratch in
            try writeBomb(scratch)
            #expect(try scratch.refusal()?.reason == .tooLarge)
            var limits = generous
            limits.ratio = .max
            limits.unpackedBytes = 100 << 20
            #expect(try scratch.refusal(limits: limits)?.reason == .tooLarge)
        }
    }

    @Test("is refused for the zeros after its end")
    func trailing() throws {
        try ArchiveScratch.with { scratch in
            let file = Deflate.gzip(Tar.file("a", "1") + Tar.end + [UInt8](repeating: 0, count: 30 << 20))
            let error = try scratch.refusal(of: file)
            #expect(error?.reason == .tooLarge)
        }
    }

    @Test("is refused for headers that go with no entry")
    func headers() throws {
        try ArchiveScratch.with { scratch in
            let header = Tar.pax([("comment", String(repeating: "c", count: 60_000))], flag: "g")
            let member = Deflate.gzip((0..<100).flatMap { _ in header }, level: 9)
            try scratch.write((0..<10).flatMap { _ in member })
            #expect(try scratch.refusal()?.reason == .suspiciousRatio)
        }
    }

    @Test("is refused for a million entries")
    func entries() throws {
        try ArchiveScratch.with { scratch in
            let file = try #require(fopen(scratch.archive, "w"))
            for part in 0..<10 {
                let member = Deflate.gzip(Self.headers((part * 100_000)..<((part + 1) * 100_000)))
                try #require(fwrite(member, 1, member.count, file) == member.count)
            }
            fclose(file)
            let listing = #expect(throws: ArchiveError.self) { try ArchiveUnpacker().list(scratch.archive) }
            #expect(listing?.reason == .tooManyEntries)
            #expect(listing?.entry == "100000-899999")
            var limits = ArchiveLimits()
            limits.entries = 1000
            #expect(try scratch.refusal(limits: limits)?.reason == .tooManyEntries)
        }
    }

    /// Headers of empty files; a digit and its opposite in each name keep the sums the same.
    private static func headers(_ numbers: Range<Int>) -> [UInt8] {
        let header = Tar.header("000000-999999", mark: .none)
        var headers: [UInt8] = []
        headers.reserveCapacity(numbers.count * header.count)
        for number in numbers {
            let start = headers.count
            headers.append(contentsOf: header)
            var rest = number
            for index in (0..<6).reversed() {
                headers[start + index] += UInt8(rest % 10)
                headers[start + index + 7] -= UInt8(rest % 10)
                rest /= 10
            }
        }
        return headers
    }

    @Test("is refused for a directory with a million entries before it is read")
    func directory() throws {
        try ArchiveScratch.with { scratch in
            let count = 1_000_000
            let size = UInt64(count * 46)
            let end = Zip([]) { zip in
                zip.wide = {
                    $0.count = UInt64(count)
                    $0.size = size
                    $0.offset = 4
                    $0.position = size + 4
                }
            }
            let file = try #require(fopen(scratch.archive, "w"))
            #expect(fwrite(Zip.little(0x0403_4B50 as UInt32), 1, 4, file) == 4)
            #expect(fseek(file, Int(size) + 4, SEEK_SET) == 0)
            #expect(fwrite(end.bytes, 1, end.bytes.count, file) == end.bytes.count)
            fclose(file)
            #expect(try scratch.refusal()?.reason == .tooManyEntries)
        }
    }
}
