import Glibc

/// One entry of a zip's central directory.
struct ZipEntry {
    enum Method: UInt16 {
        case stored = 0
        case deflated = 8
    }

    /// The fixed part of a header in the directory.
    static let headerBytes = 46
    static let signature: UInt32 = 0x0201_4B50

    /// The name as it is written.
    let name: [UInt8]
    let method: Method
    let checksum: UInt32
    let packed: Int
    let size: Int
    /// Where its own header begins.
    let offset: Int
    let isExecutable: Bool

    /// Bytes of a header with its variable parts.
    static func length(_ fixed: UnsafeRawBufferPointer) -> Int {
        let fields = ZipFields(fixed)
        return headerBytes + Int(fields.u16(28)) + Int(fields.u16(30)) + Int(fields.u16(32))
    }

    /// Reads a whole header; the data have to end before a limit.
    ///
    /// - Throws: ``ArchiveError`` when it says something that is not unpacked or cannot be.
    init(_ header: UnsafeRawBufferPointer, dataEnd: Int) throws(ArchiveError) {
        let fields = ZipFields(header)
        let nameEnd = Self.headerBytes + Int(fields.u16(28))
        let name = Array(header[Self.headerBytes..<nameEnd])
        let extraEnd = nameEnd + Int(fields.u16(30))
        let extra = try ZipExtra(UnsafeRawBufferPointer(rebasing: header[nameEnd..<extraEnd]), entry: name)
        try extra.checkName(name)

        try Self.checkFlags(fields.u16(8), isEncrypted: extra.isEncrypted, name)
        guard let method = Method(rawValue: fields.u16(10)) else {
            throw ArchiveError(.unsupportedCompression, entry: name, "is compressed with method \(fields.u16(10))")
        }
        let attributes = fields.u32(38)
        try Self.checkKind(attributes, name)

        var sizes = ZipSizes(size: fields.u32(24), packed: fields.u32(20), offset: fields.u32(42), disk: fields.u16(34))
        guard sizes.widen(extra.zip64) else {
            throw ArchiveError(.damaged, entry: name, "lacks the sizes of a zip64")
        }
        guard sizes.disk == 0 else { throw ArchiveError(.inconsistent, entry: name, "lies on another disk") }
        guard let size = Int(exactly: sizes.size) else {
            throw ArchiveError(.tooLarge, entry: name, "is larger than anything")
        }
        guard let packed = Int(exactly: sizes.packed), let offset = Int(exactly: sizes.offset), offset < dataEnd,
            packed <= dataEnd - offset
        else { throw ArchiveError(.inconsistent, entry: name, "does not lie before the directory") }

        self.name = name
        self.method = method
        checksum = fields.u32(16)
        self.packed = packed
        self.size = size
        self.offset = offset
        isExecutable = attributes >> 16 & S_IXUSR != 0
    }

    /// Checks the flags of a header.
    ///
    /// - Throws: ``ArchiveError/Reason/encrypted`` or ``ArchiveError/Reason/unsupportedCompression``.
    static func checkFlags(_ flags: UInt16, isEncrypted: Bool = false, _ name: [UInt8]) throws(ArchiveError) {
        let encryption: UInt16 = 1 << 0 | 1 << 6 | 1 << 13
        guard flags & encryption == 0, !isEncrypted else { throw ArchiveError(.encrypted, entry: name, "is encrypted") }
        guard flags & 1 << 5 == 0 else {
            throw ArchiveError(.unsupportedCompression, entry: name, "is a patch of another file")
        }
    }

    /// Checks the kind of file that Unix's mode and the mark of DOS tell.
    private static func checkKind(_ attributes: UInt32, _ name: [UInt8]) throws(ArchiveError) {
        let isFolder = attributes & 1 << 4 != 0
        switch attributes >> 16 & S_IFMT {
        case 0, S_IFREG: break
        case S_IFDIR where name.last == UInt8(ascii: "/"): break
        case S_IFDIR: throw ArchiveError(.inconsistent, entry: name, "is a folder without the slash of one")
        case S_IFLNK: throw ArchiveError(.unsupportedEntry, entry: name, "is a symbolic link")
        case S_IFBLK, S_IFCHR: throw ArchiveError(.unsupportedEntry, entry: name, "is a device")
        case S_IFIFO: throw ArchiveError(.unsupportedEntry, entry: name, "is a FIFO")
        case S_IFSOCK: throw ArchiveError(.unsupportedEntry, entry: name, "is a socket")
        default: throw ArchiveError(.unsupportedEntry, entry: name, "is neither a file nor a folder")
        }
        guard !isFolder || name.last == UInt8(ascii: "/") else {
            throw ArchiveError(.inconsistent, entry: name, "is a folder without the slash of one")
        }
    }
}
