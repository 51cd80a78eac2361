/// One header block of a tar file.
struct TarHeader {
    /// What follows the header, or what it is about.
    enum Kind: Equatable {
        case file
        case folder
        /// Records for the next entry.
        case pax
        /// Records for all entries that follow.
        case paxGlobal
        /// The name of the next entry.
        case longName
        /// The target of the next entry, if that is a link.
        case longLink
        /// Anything that is not unpacked, as it is called in messages.
        case unsupported(String)
    }

    let kind: Kind
    /// The name, with the prefix of ustar.
    let name: [UInt8]
    let size: Int
    let isExecutable: Bool

    /// Whether the block has the mark of POSIX or GNU tar.
    static func hasMark(_ block: UnsafeRawBufferPointer) -> Bool { block[257..<262].elementsEqual("ustar".utf8) }

    /// Whether the sum of the block is the one it names.
    ///
    /// Some old programs summed the bytes as signed ones.
    static func hasValidSum(_ block: UnsafeRawBufferPointer) -> Bool {
        guard let stated = try? number(block[148..<156], [], "checksum") else { return false }
        var unsigned = 0
        var signed = 0
        for byte in block {
            unsigned &+= Int(byte)
            signed &+= Int(Int8(bitPattern: byte))
        }
        // The field of the sum itself counts as spaces.
        for byte in block[148..<156] {
            unsigned &+= Int(UInt8(ascii: " ")) &- Int(byte)
            signed &+= Int(UInt8(ascii: " ")) &- Int(Int8(bitPattern: byte))
        }
        return stated == unsigned || stated == signed
    }

    /// Reads a whole block whose sum is right.
    ///
    /// - Throws: ``ArchiveError/Reason/damaged`` when a field is malformed, or ``ArchiveError/Reason/tooLarge``.
    init(_ block: UnsafeRawBufferPointer) throws(ArchiveError) {
        let isPOSIX = block[257..<263].elementsEqual("ustar\0".utf8)
        var name = Self.text(block[0..<100])
        if isPOSIX {
            let prefix = Self.text(block[345..<500])
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
        self.name = name
        kind = Self.kind(block[156])
        size = try Self.number(block[124..<136], name, "size")
        isExecutable = try Self.number(block[100..<108], name, "mode") & 0o100 != 0
    }

    private static func kind(_ flag: UInt8) -> Kind {
        switch flag {
        case 0, UInt8(ascii: "0"): .file
        case UInt8(ascii: "1"): .unsupported("a hard link")
        case UInt8(ascii: "2"): .unsupported("a symbolic link")
        case UInt8(ascii: "3"): .unsupported("a character device")
        case UInt8(ascii: "4"): .unsupported("a block device")
        case UInt8(ascii: "5"): .folder
        case UInt8(ascii: "6"): .unsupported("a FIFO")
        case UInt8(ascii: "S"): .unsupported("a sparse file")
        case UInt8(ascii: "x"): .pax
        case UInt8(ascii: "g"): .paxGlobal
        case UInt8(ascii: "L"): .longName
        case UInt8(ascii: "K"): .longLink
        default: .unsupported("of the type \"\(ShownName.text([flag]))\", which is neither a file nor a folder")
        }
    }

    /// What stands in a field before its first zero byte.
    private static func text(_ field: Slice<UnsafeRawBufferPointer>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// A number in octal digits, or in the binary form of GNU tar that the highest bit tells.
    private static func number(
        _ field: Slice<UnsafeRawBufferPointer>,
        _ entry: [UInt8],
        _ label: String
    ) throws(ArchiveError) -> Int {
        guard let first = field.first, first < 0x80 else { return try binary(field, entry, label) }
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        guard field[digits.endIndex...].allSatisfy({ $0 == 0 || $0 == UInt8(ascii: " ") }) else {
            throw malformed(entry, label)
        }
        var value = 0
        // At most twelve digits, so that nothing overflows.
        for digit in digits {
            guard digit & ~7 == UInt8(ascii: "0") else { throw malformed(entry, label) }
            value = value << 3 | Int(digit & 7)
        }
        return value
    }

    private static func malformed(_ entry: [UInt8], _ label: String) -> ArchiveError {
        ArchiveError(.damaged, entry: entry, "has a malformed \(label)")
    }

    private static func binary(
        _ field: Slice<UnsafeRawBufferPointer>,
        _ entry: [UInt8],
        _ label: String
    ) throws(ArchiveError) -> Int {
        let first = field.first ?? 0
        guard first & 0x40 == 0 else { throw ArchiveError(.damaged, entry: entry, "has a negative \(label)") }
        var value = Int(first & 0x3F)
        for byte in field.dropFirst() {
            guard value >> 54 == 0 else { throw ArchiveError(.tooLarge, entry: entry, "has a \(label) beyond 2^62") }
            value = value << 8 | Int(byte)
        }
        return value
    }
}
