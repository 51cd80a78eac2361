/// Builds zip files byte by byte, right ones and wrong ones.
struct Zip {
    /// An entry, and where its two headers are to say something else.
    struct Entry {
        var name: [UInt8]
        var content: [UInt8]
        var isDeflated = false
        /// What stands in place of the packed content.
        var data: [UInt8]?
        var flags: UInt16 = 0x800
        var attributes: UInt32 = 0o100_644 << 16
        var method: UInt16?
        var checksum: UInt32?
        var size: UInt32?
        var packed: UInt32?
        var offset: UInt32?
        var disk: UInt16 = 0
        var extra: [UInt8] = []
        var localName: [UInt8]?
        var localFlags: UInt16?
        var localMethod: UInt16?
        var localChecksum: UInt32?
        var localSize: UInt32?
        var localPacked: UInt32?
        var localExtra: [UInt8] = []
        /// What follows the data.
        var descriptor: [UInt8] = []

        init(_ name: String, _ content: String = "", _ change: (inout Self) -> Void = { _ in }) {
            self.name = Array(name.utf8)
            self.content = Array(content.utf8)
            change(&self)
        }

        /// What is between the headers.
        var packedContent: [UInt8] { data ?? (isDeflated ? Deflate.raw(content) : content) }
    }

    var entries: [Entry]
    var comment: [UInt8] = []
    /// Bytes before the directory, between it and its end record, and after everything.
    var beforeDirectory: [UInt8] = []
    var afterDirectory: [UInt8] = []
    var trailing: [UInt8] = []
    /// What the end record says in place of the truth.
    var count: UInt16?
    var countHere: UInt16?
    var directorySize: UInt32?
    var directoryOffset: UInt32?
    var disk: UInt16 = 0
    /// Adds the end records of zip64 and changes their truth.
    var wide: ((inout Wide) -> Void)?

    /// What the end records of zip64 say.
    struct Wide {
        var count: UInt64
        var size: UInt64
        var offset: UInt64
        var position: UInt64
        var recordSize: UInt64 = 44
        var disks: UInt32 = 1
    }

    init(_ entries: [Entry], _ change: (inout Self) -> Void = { _ in }) {
        self.entries = entries
        change(&self)
    }

    /// The bytes of a zip with these entries.
    static func bytes(_ entries: Entry..., change: (inout Self) -> Void = { _ in }) -> [UInt8] {
        Self(entries, change).bytes
    }

    /// An extra field.
    static func field(_ id: UInt16, _ content: [UInt8]) -> [UInt8] {
        little(id) + little(UInt16(content.count)) + content
    }

    static func little(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian, Array.init)
    }

    /// The parts that come after the data.
    static func descriptor(_ content: String, signature: Bool = true, packed: Int? = nil) -> [UInt8] {
        let bytes = Array(content.utf8)
        return (signature ? little(0x0807_4B50 as UInt32) : []) + little(Deflate.checksum(bytes))
            + little(UInt32(packed ?? bytes.count)) + little(UInt32(bytes.count))
    }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            directory += Self.central(entry, at: bytes.count)
            bytes += Self.local(entry) + entry.packedContent + entry.descriptor
        }
        bytes += beforeDirectory
        let start = bytes.count
        bytes += directory + afterDirectory
        if let wide { bytes += records(wide, size: directory.count, offset: start, position: bytes.count) }
        let isWide = wide != nil
        bytes += Self.little(0x0605_4B50 as UInt32) + Self.little(disk) + Self.little(disk)
        bytes += Self.little(countHere ?? count ?? (isWide ? 0xFFFF : UInt16(entries.count)))
        bytes += Self.little(count ?? (isWide ? 0xFFFF : UInt16(entries.count)))
        bytes += Self.little(directorySize ?? (isWide ? 0xFFFF_FFFF : UInt32(directory.count)))
        bytes += Self.little(directoryOffset ?? (isWide ? 0xFFFF_FFFF : UInt32(start)))
        return bytes + Self.little(UInt16(comment.count)) + comment + trailing
    }

    private func records(_ change: (inout Wide) -> Void, size: Int, offset: Int, position: Int) -> [UInt8] {
        var wide = Wide(
            count: UInt64(entries.count),
            size: UInt64(size),
            offset: UInt64(offset),
            position: UInt64(position)
        )
        change(&wide)
        var bytes = Self.little(0x0606_4B50 as UInt32) + Self.little(wide.recordSize)
        bytes += Self.little(45 as UInt16) + Self.little(45 as UInt16) + Self.little(0 as UInt64)
        bytes += Self.little(wide.count) + Self.little(wide.count) + Self.little(wide.size) + Self.little(wide.offset)
        bytes += Self.little(0x0706_4B50 as UInt32) + Self.little(0 as UInt32) + Self.little(wide.position)
        return bytes + Self.little(wide.disks)
    }

    private static func local(_ entry: Entry) -> [UInt8] {
        let name = entry.localName ?? entry.name
        var bytes = little(0x0403_4B50 as UInt32) + little(20 as UInt16) + little(entry.localFlags ?? entry.flags)
        bytes += little(entry.localMethod ?? entry.method ?? (entry.isDeflated ? 8 : 0)) + little(0 as UInt32)
        bytes += little(entry.localChecksum ?? entry.checksum ?? Deflate.checksum(entry.content))
        bytes += little(entry.localPacked ?? entry.packed ?? UInt32(entry.packedContent.count))
        bytes += little(entry.localSize ?? entry.size ?? UInt32(entry.content.count))
        return bytes + little(UInt16(name.count)) + little(UInt16(entry.localExtra.count)) + name + entry.localExtra
    }

    private static func central(_ entry: Entry, at offset: Int) -> [UInt8] {
        var bytes = little(0x0201_4B50 as UInt32) + little(0x0314 as UInt16) + little(20 as UInt16)
        bytes += little(entry.flags) + little(entry.method ?? (entry.isDeflated ? 8 : 0)) + little(0 as UInt32)
        bytes += little(entry.checksum ?? Deflate.checksum(entry.content))
        bytes += little(entry.packed ?? UInt32(entry.packedContent.count))
        bytes += little(entry.size ?? UInt32(entry.content.count))
        bytes += little(UInt16(entry.name.count)) + little(UInt16(entry.extra.count)) + little(0 as UInt16)
        bytes += little(entry.disk) + little(0 as UInt16) + little(entry.attributes)
        return bytes + little(entry.offset ?? UInt32(offset)) + entry.name + entry.extra
    }
}
