/// The record at the end of a zip that tells where its directory is.
struct ZipEndRecord {
    /// Larger directories are refused.
    static let maximumDirectoryBytes = 64 << 20
    static let signature: UInt32 = 0x0605_4B50

    private static let recordBytes = 22
    private static let locatorSignature: UInt32 = 0x0706_4B50
    private static let locatorBytes = 20
    private static let wideSignature: UInt32 = 0x0606_4B50
    private static let wideBytes = 56

    /// Where the directory lies.
    let directory: Range<Int>
    /// Entries that it is said to have.
    let count: Int

    /// What the record says, and then what the one of zip64 says in its place.
    private struct Statement {
        var disks: [UInt32]
        var countHere: UInt64
        var count: UInt64
        var size: UInt64
        var offset: UInt64

        /// Whether each number is the same there or was left to it.
        func isRefined(by wide: Statement) -> Bool {
            let isOneDisk = zip(disks, wide.disks).allSatisfy { $0 == $1 || $0 == ZipSizes.escape16 }
            return isOneDisk
                && [(countHere, wide.countHere), (count, wide.count)].allSatisfy { $0 == $1 || $0 == 0xFFFF }
                && [(size, wide.size), (offset, wide.offset)].allSatisfy { $0 == $1 || $0 == ZipSizes.escape32 }
        }
    }

    /// Finds the record, which together with its comment has to end the file.
    ///
    /// - Throws: ``ArchiveError`` when there is none, more than one, or one that does not fit the file.
    init(_ file: ArchiveFile) throws(ArchiveError) {
        let position = try Self.find(file)
        let fields = ZipFields(try file.bytes(at: position, count: Self.recordBytes))
        var statement = Statement(
            disks: [UInt32(fields.u16(4)), UInt32(fields.u16(6))],
            countHere: UInt64(fields.u16(8)),
            count: UInt64(fields.u16(10)),
            size: UInt64(fields.u32(12)),
            offset: UInt64(fields.u32(16))
        )
        let end = try Self.widen(&statement, file, before: position)
        guard statement.disks.allSatisfy({ $0 == 0 }), statement.countHere == statement.count else {
            throw ArchiveError(.inconsistent, "is one part of several")
        }
        guard statement.size <= Self.maximumDirectoryBytes else {
            throw ArchiveError(.tooLarge, "has a directory of more than \(Self.maximumDirectoryBytes) bytes")
        }
        // The sum cannot overflow with a size that is so small and an offset that is not above the end.
        guard statement.offset <= end, statement.offset + statement.size == end else {
            throw ArchiveError(.inconsistent, "has a directory that does not end where its end record begins")
        }
        // No directory of this size has more, so the rest is a lie.
        guard let count = Int(exactly: statement.count), count <= Int(statement.size) / ZipEntry.headerBytes else {
            throw ArchiveError(.inconsistent, "has a directory too small for its entries")
        }
        self.count = count
        directory = Int(statement.offset)..<end
    }

    private static func find(_ file: ArchiveFile) throws(ArchiveError) -> Int {
        let tailBytes = min(file.size, recordBytes + 0xFFFF)
        let tail = try file.bytes(at: file.size - tailBytes, count: tailBytes)
        let fields = ZipFields(tail)
        var found: Int?
        var position = 0
        while position + 4 <= tail.count {
            defer { position += 1 }
            guard tail[position] == UInt8(ascii: "P"), fields.u32(position) == signature else { continue }
            // Another reader would take the one in the comment.
            guard found == nil else { throw ArchiveError(.inconsistent, "has an end record inside of its comment") }
            guard position + recordBytes <= tail.count,
                position + recordBytes + Int(fields.u16(position + 20)) == tail.count
            else { continue }
            found = position
        }
        guard let found else { throw ArchiveError(.truncated, "does not end with the end record of a zip") }
        return file.size - tailBytes + found
    }

    /// Reads the record of zip64 if there is one; the start of the first end record.
    private static func widen(
        _ statement: inout Statement,
        _ file: ArchiveFile,
        before end: Int
    ) throws(ArchiveError) -> Int {
        guard end >= locatorBytes + wideBytes else { return end }
        let locator = ZipFields(try file.bytes(at: end - locatorBytes, count: locatorBytes))
        guard locator.u32(0) == locatorSignature else { return end }
        guard locator.u32(4) == 0, locator.u32(16) <= 1 else {
            throw ArchiveError(.inconsistent, "is one part of several")
        }
        let misplaced = ArchiveError(.inconsistent, "has an end record of zip64 that is not where it should be")
        guard let position = Int(exactly: locator.u64(8)), position <= end - locatorBytes - wideBytes else {
            throw misplaced
        }
        let fields = ZipFields(try file.bytes(at: position, count: wideBytes))
        guard fields.u32(0) == wideSignature, fields.u64(4) == UInt64(end - locatorBytes - position - 12) else {
            throw misplaced
        }
        let wide = Statement(
            disks: [fields.u32(16), fields.u32(20)],
            countHere: fields.u64(24),
            count: fields.u64(32),
            size: fields.u64(40),
            offset: fields.u64(48)
        )
        guard statement.isRefined(by: wide) else {
            throw ArchiveError(.inconsistent, "has two end records that contradict each other")
        }
        statement = wide
        return position
    }
}
