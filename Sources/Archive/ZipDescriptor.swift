/// The checksum and the sizes that follow the data of an entry when its header was written before they were known.
enum ZipDescriptor {
    private static let signature: UInt32 = 0x0807_4B50
    private static let maximumBytes = 24

    /// Checks that a descriptor says what the directory says.
    ///
    /// Nothing tells which of its four forms it has: with a signature or without, with sizes of 32 bits or of 64.
    ///
    /// - Throws: ``ArchiveError/Reason/inconsistent`` when none of them fits.
    static func check(_ entry: ZipEntry, _ file: ArchiveFile, at start: Int, before limit: Int) throws(ArchiveError) {
        let bytes = try file.bytes(at: start, count: min(maximumBytes, limit - start))
        let isRight = [(0, 4), (0, 8), (4, 4), (4, 8)]
            .contains { skipped, width in
                guard bytes.count >= skipped + 4 + 2 * width else { return false }
                let fields = ZipFields(bytes)
                func number(_ offset: Int) -> UInt64 { width == 4 ? UInt64(fields.u32(offset)) : fields.u64(offset) }
                return (skipped == 0 || fields.u32(0) == signature) && fields.u32(skipped) == entry.checksum
                    && number(skipped + 4) == UInt64(entry.packed) && number(skipped + 4 + width) == UInt64(entry.size)
            }
        guard isRight else {
            throw ArchiveError(.inconsistent, entry: entry.name, "has other sizes after its data")
        }
    }
}
