/// The extra fields of an entry that change how it is read.
struct ZipExtra {
    private static let zip64ID: UInt16 = 0x0001
    private static let unicodePathID: UInt16 = 0x7075
    private static let aesID: UInt16 = 0x9901

    /// The sizes of a zip64.
    private(set) var zip64: UnsafeRawBufferPointer?
    /// A second name, which some readers prefer.
    private(set) var unicodePath: UnsafeRawBufferPointer?
    /// Whether the data are encrypted with AES.
    private(set) var isEncrypted = false

    /// Walks the fields; valid as long as the bytes are.
    ///
    /// - Throws: ``ArchiveError/Reason/damaged`` when one is cut, ``ArchiveError/Reason/inconsistent`` when one that
    ///   matters comes twice.
    init(_ bytes: UnsafeRawBufferPointer, entry: [UInt8]) throws(ArchiveError) {
        let fields = ZipFields(bytes)
        var position = 0
        // Aligning tools leave up to three bytes that are no field.
        while position + 4 <= bytes.count {
            let id = fields.u16(position)
            let start = position + 4
            position = start + Int(fields.u16(position + 2))
            guard position <= bytes.count else {
                throw ArchiveError(.damaged, entry: entry, "has an extra field that is cut")
            }
            let content = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
            switch id {
            case Self.zip64ID where zip64 == nil: zip64 = content
            case Self.unicodePathID where unicodePath == nil: unicodePath = content
            case Self.zip64ID, Self.unicodePathID:
                throw ArchiveError(.inconsistent, entry: entry, "has an extra field twice")
            case Self.aesID: isEncrypted = true
            default: break
            }
        }
    }

    /// Checks that a second name is the same as the first.
    ///
    /// - Throws: ``ArchiveError/Reason/inconsistent`` when it is not.
    func checkName(_ name: [UInt8]) throws(ArchiveError) {
        // One byte for the version, four for a checksum of the first name.
        guard let unicodePath, !unicodePath.dropFirst(5).elementsEqual(name) else { return }
        throw ArchiveError(.inconsistent, entry: name, "has another name in an extra field")
    }
}
