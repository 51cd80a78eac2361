import Glibc
import HeddleModel

/// A file of sections that is mapped into memory, with the means to tell whether its bytes are those that were written.
///
/// Opening checks what leads to the sections; ``damage(in:)`` checks the rest, piece by piece.
final class CheckedFile: @unchecked Sendable {
    // The mapping is only read, and lives as long as this object.
    let path: String
    let sections: [Range<Int>]
    private let descriptor: Int32
    private let base: UnsafeRawPointer
    private let mapped: Int
    private let body: Int
    private let checksums: Int

    /// A file is not what was written.
    struct Damage: Error {
        let path: String
        let reason: String
    }

    init(_ path: String) throws(HeddleError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw errno == ENOENT
                ? Self.damaged(path, "it is missing") : FileAccess.failure("open", path, errno)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= CheckedFileWriter.trailerBytes,
            let place = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0),
            place != MAP_FAILED
        else {
            close(descriptor)
            throw Self.damaged(path, "it is too short")
        }
        mapped = Int(status.st_size)
        base = UnsafeRawPointer(place)
        do throws(HeddleError) {
            (body, checksums, sections) = try Self.readTail(path, UnsafeRawBufferPointer(start: base, count: mapped))
        } catch {
            munmap(place, Int(status.st_size))
            close(descriptor)
            throw error
        }
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: base), mapped)
        close(descriptor)
    }

    private static func readTail(
        _ path: String,
        _ bytes: UnsafeRawBufferPointer
    ) throws(HeddleError) -> (Int, Int, [Range<Int>]) {
        let start = bytes.count - CheckedFileWriter.trailerBytes
        let trailer = UnsafeRawBufferPointer(rebasing: bytes[start...])
        func number(_ index: Int) -> UInt64 { trailer.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        let own = trailer.loadUnaligned(fromByteOffset: 36, as: UInt32.self)
        guard number(0) == CheckedFileWriter.magic,
            Checksum.of(UnsafeRawBufferPointer(rebasing: trailer[..<36])) == own
        else { throw damaged(path, "its trailer is not what was written") }
        let body = Int(number(1))
        let sectionCount = Int(number(2))
        let checksumCount = Int(number(3))
        guard body + sectionCount * 16 + checksumCount * 4 == start else {
            throw damaged(path, "its length is not what was written")
        }
        let tail = UnsafeRawBufferPointer(rebasing: bytes[body..<start])
        guard Checksum.of(tail) == trailer.loadUnaligned(fromByteOffset: 32, as: UInt32.self) else {
            throw damaged(path, "its directory is not what was written")
        }
        let sections = (0..<sectionCount)
            .map { index in
                Int(
                    tail.loadUnaligned(fromByteOffset: index * 16, as: UInt64.self)
                )..<Int(tail.loadUnaligned(fromByteOffset: index * 16 + 8, as: UInt64.self))
            }
        return (body, body + sectionCount * 16, sections)
    }

    static func damaged(_ path: String, _ reason: String) -> HeddleError {
        HeddleError(
            .collectionDamaged,
            "a file of the collection is damaged: \(reason)",
            details: ["file": String(path.split(separator: "/").last ?? "")],
            cause: Damage(path: path, reason: reason)
        )
    }

    /// The bytes of a section, as long as this object lives; empty when there is none.
    func section(_ index: Int) -> UnsafeRawBufferPointer {
        guard index < sections.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let range = sections[index]
        return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// The number of the open file.
    var file: Int32 { descriptor }

    /// Pieces that have a checksum of their own.
    var chunkCount: Int { regions.reduce(0) { $0 + Self.chunks(in: $1) } }

    /// The sections with what fills their last pages.
    private var regions: [Range<Int>] {
        sections.indices.map { index in
            sections[index].lowerBound..<(index + 1 < sections.count ? sections[index + 1].lowerBound : body)
        }
    }

    private static func chunks(in region: Range<Int>) -> Int {
        (region.count + CheckedFileWriter.chunkBytes - 1) / CheckedFileWriter.chunkBytes
    }

    /// Where a piece is.
    func bytes(of chunk: Int) -> Range<Int> {
        var left = chunk
        for region in regions {
            let count = Self.chunks(in: region)
            if left < count {
                let start = region.lowerBound + left * CheckedFileWriter.chunkBytes
                return start..<min(start + CheckedFileWriter.chunkBytes, region.upperBound)
            }
            left -= count
        }
        return body..<body
    }

    /// The first of some pieces whose bytes are not those that were written.
    func damage(in chunks: Range<Int>) -> Int? {
        chunks.first { chunk in
            let range = bytes(of: chunk)
            let bytes = UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
            let expected = base.loadUnaligned(fromByteOffset: checksums + chunk * 4, as: UInt32.self)
            return Checksum.of(bytes) != expected
        }
    }

    /// Whether a whole section is what was written.
    func isIntact(section index: Int) -> Bool {
        guard index < sections.count else { return false }
        let counts = regions.map(Self.chunks)
        let first = counts[..<index].reduce(0, +)
        return damage(in: first..<first + counts[index]) == nil
    }

    /// Tells the system that pages are wanted in any order, or soon and in sequence.
    func advise(_ advice: Int32) {
        madvise(UnsafeMutableRawPointer(mutating: base), mapped, advice)
    }
}
