/// What the records of a pax header say about an entry.
struct PaxRecords {
    /// The name in place of the header's.
    private(set) var path: [UInt8]?
    /// The size in place of the header's.
    private(set) var size: Int?
    /// Whether there is the target of a link.
    private(set) var hasLinkPath = false
    /// Whether the file is kept without its holes.
    private(set) var isSparse = false

    /// Whether something is said that belongs to one entry only.
    var isAboutEntry: Bool { path != nil || size != nil || hasLinkPath || isSparse }

    /// Reads records such as `19 path=folder/file` with a line break; of two with one key the later wins.
    ///
    /// - Throws: ``ArchiveError/Reason/damaged`` when a record is malformed.
    init(_ bytes: [UInt8], entry: [UInt8]) throws(ArchiveError) {
        func malformed() -> ArchiveError { ArchiveError(.damaged, entry: entry, "has a malformed pax record") }
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
                let length = Self.number(rest[..<space]), length <= rest.count,
                case let end = rest.startIndex + length, end - 1 > space, rest[end - 1] == UInt8(ascii: "\n"),
                let equals = rest[(space + 1)..<(end - 1)].firstIndex(of: UInt8(ascii: "=")), equals > space + 1
            else { throw malformed() }
            let value = rest[(equals + 1)..<(end - 1)]
            switch String(decoding: rest[(space + 1)..<equals], as: UTF8.self) {
            case "path": path = Array(value)
            case "linkpath": hasLinkPath = true
            case "size":
                guard let number = Self.number(value) else { throw malformed() }
                size = number
            case "SCHILY.realsize": isSparse = true
            case let key where key.hasPrefix("GNU.sparse."): isSparse = true
            default: break
            }
            rest = rest[end...]
        }
    }

    /// A number of decimal digits and nothing else.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var value = 0
        for digit in digits {
            guard digit &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int(digit & 0xF)
        }
        return value
    }
}
