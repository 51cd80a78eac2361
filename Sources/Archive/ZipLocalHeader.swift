/// The header that stands before the data of an entry and repeats what the directory says.
struct ZipLocalHeader {
    static let signature: UInt32 = 0x0403_4B50
    private static let headerBytes = 30

    /// Where the data begin.
    let dataStart: Int
    /// Whether checksum and sizes follow the data.
    let hasDescriptor: Bool

    /// Reads the header of an entry.
    ///
    /// - Throws: ``ArchiveError/Reason/inconsistent`` when it says something else than the directory, and as that does.
    init(_ entry: ZipEntry, _ file: ArchiveFile) throws(ArchiveError) {
        let fixed = ZipFields(try file.bytes(at: entry.offset, count: Self.headerBytes))
        guard fixed.u32(0) == Self.signature else {
            throw ArchiveError(.inconsistent, entry: entry.name, "has no header where the directory says")
        }
        let nameBytes = Int(fixed.u16(26))
        let extraBytes = Int(fixed.u16(28))
        let header = try file.bytes(at: entry.offset, count: Self.headerBytes + nameBytes + extraBytes)
        let fields = ZipFields(header)
        let nameEnd = Self.headerBytes + nameBytes
        guard header[Self.headerBytes..<nameEnd].elementsEqual(entry.name) else {
            throw ArchiveError(.inconsistent, entry: entry.name, "has another name in its own header")
        }
        guard fields.u16(8) == entry.method.rawValue else {
            throw ArchiveError(.inconsistent, entry: entry.name, "has another method in its own header")
        }
        let flags = fields.u16(6)
        try ZipEntry.checkFlags(flags, entry.name)
        let hasDescriptor = flags & 1 << 3 != 0
        let extra = try ZipExtra(UnsafeRawBufferPointer(rebasing: header[nameEnd...]), entry: entry.name)
        try extra.checkName(entry.name)

        var sizes = ZipSizes(size: fields.u32(22), packed: fields.u32(18), offset: 0, disk: 0)
        guard sizes.widen(extra.zip64) else {
            throw ArchiveError(.damaged, entry: entry.name, "lacks the sizes of a zip64")
        }
        // With a descriptor the numbers may be left out, but not be others.
        func agrees(_ number: UInt64, _ expected: Int) -> Bool {
            number == UInt64(expected) || (hasDescriptor && number == 0)
        }
        guard agrees(UInt64(fields.u32(14)), Int(entry.checksum)), agrees(sizes.size, entry.size),
            agrees(sizes.packed, entry.packed)
        else {
            throw ArchiveError(.inconsistent, entry: entry.name, "has other sizes in its own header")
        }
        self.hasDescriptor = hasDescriptor
        dataStart = entry.offset + header.count
    }
}
