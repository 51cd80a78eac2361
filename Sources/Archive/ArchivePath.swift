/// A path of an archive that is safe to write below a folder.
struct ArchivePath {
    /// The names on the way; none for the top folder itself.
    let names: [String]
    /// Whether the path ends like that of a folder.
    let endsAsFolder: Bool

    /// The path with single slashes.
    var text: String { names.joined(separator: "/") }

    /// Checks the name of an entry.
    ///
    /// - Throws: ``ArchiveError/Reason/unsafePath`` when a rule is broken.
    init(_ name: [UInt8], _ limits: ArchiveLimits) throws(ArchiveError) {
        func refusal(_ predicate: String) -> ArchiveError { ArchiveError(.unsafePath, entry: name, predicate) }

        guard !name.isEmpty else { throw refusal("has an empty name") }
        guard name.count <= limits.pathBytes else {
            throw refusal("has a path of more than \(limits.pathBytes) bytes")
        }
        guard String(validating: name, as: UTF8.self) != nil else { throw refusal("has a name that is not UTF-8") }
        guard name.first != UInt8(ascii: "/") else { throw refusal("has an absolute path") }
        guard !name.contains(UInt8(ascii: "\\")) else { throw refusal("has a backslash in its name") }
        guard !Self.hasControls(name) else { throw refusal("has control characters in its name") }

        var names: [String] = []
        for part in name.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            guard !part.elementsEqual("..".utf8) else { throw refusal("has the part \"..\" in its path") }
            if names.isEmpty, Self.startsWithDrive(part) { throw refusal("starts with a drive letter") }
            guard part.count <= limits.nameBytes else {
                throw refusal("has a name of more than \(limits.nameBytes) bytes")
            }
            guard names.count < limits.depth else { throw refusal("lies deeper than \(limits.depth) folders") }
            names.append(String(decoding: part, as: UTF8.self))
        }
        self.names = names
        endsAsFolder = name.last == UInt8(ascii: "/") || name.suffix(2) == Self.slashDot
    }

    private static let slashDot: ArraySlice<UInt8> = [UInt8(ascii: "/"), UInt8(ascii: ".")]

    /// Whether there is a character of Unicode's control category; the bytes are UTF-8.
    private static func hasControls(_ name: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in name {
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
            previous = byte
        }
        return false
    }

    private static func startsWithDrive(_ part: ArraySlice<UInt8>) -> Bool {
        guard part.count > 1, let letter = part.first else { return false }
        let folded = letter | 0x20
        return part[part.startIndex + 1] == UInt8(ascii: ":") && folded >= UInt8(ascii: "a")
            && folded <= UInt8(ascii: "z")
    }
}
