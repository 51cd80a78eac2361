/// Goes through a tar file: ustar, pax, GNU tar and the older form without a mark.
struct TarReader {
    /// Bytes of the records or the name that an extension header carries.
    static let extensionBytes = 64 << 10
    /// Bytes after the end mark; tar fills up its last record, and nobody needs more.
    static let trailingBytes = 1 << 20

    /// What extension headers said of the next entry.
    private struct Pending {
        var pax: PaxRecords?
        var longName: [UInt8]?
        var hasLongLink = false

        var isEmpty: Bool { pax == nil && longName == nil && !hasLongLink }
    }

    private let stream: TarStream
    private let sink: EntrySink
    private var pending = Pending()

    init(_ stream: TarStream, into sink: EntrySink) {
        self.stream = stream
        self.sink = sink
    }

    /// Reads up to the end.
    ///
    /// - Throws: ``ArchiveError`` at the first entry that breaks a rule.
    mutating func read() throws(ArchiveError) {
        var isFirst = true
        while true {
            let block = try stream.block()
            if block.isEmpty, !isFirst { break }
            guard block.count == TarStream.blockBytes else {
                throw isFirst ? Self.notAnArchive : ArchiveError(.truncated, "ends in the middle of a header")
            }
            if Self.isZero(block) { return try finish() }
            guard TarHeader.hasValidSum(block) else {
                if isFirst, !TarHeader.hasMark(block) { throw Self.notAnArchive }
                throw ArchiveError(.damaged, "has a header that fails its checksum")
            }
            try read(TarHeader(block))
            isFirst = false
        }
        guard pending.isEmpty else { throw ArchiveError(.truncated, "ends after a header without an entry") }
    }

    private static var notAnArchive: ArchiveError {
        ArchiveError(.notAnArchive, "is no tar file, no gzip file with one and no zip file")
    }

    private mutating func read(_ header: TarHeader) throws(ArchiveError) {
        switch header.kind {
        case .file, .folder: try readEntry(header)
        case .unsupported(let what):
            throw ArchiveError(
                .unsupportedEntry,
                entry: pending.pax?.path ?? pending.longName ?? header.name,
                "is \(what)"
            )
        case .pax:
            guard pending.pax == nil else { throw Self.doubled(header) }
            pending.pax = try PaxRecords(readExtension(header), entry: header.name)
        case .paxGlobal:
            guard try !PaxRecords(readExtension(header), entry: header.name).isAboutEntry else {
                throw ArchiveError(.inconsistent, entry: header.name, "gives one path, size or link to all entries")
            }
        case .longName:
            guard pending.longName == nil else { throw Self.doubled(header) }
            let name = try readExtension(header)
            pending.longName = Array(name[..<((name.lastIndex { $0 != 0 } ?? -1) + 1)])
        case .longLink:
            guard !pending.hasLongLink else { throw Self.doubled(header) }
            _ = try readExtension(header)
            pending.hasLongLink = true
        }
    }

    private static func doubled(_ header: TarHeader) -> ArchiveError {
        ArchiveError(.inconsistent, entry: header.name, "is the second header of its kind for one entry")
    }

    private mutating func readEntry(_ header: TarHeader) throws(ArchiveError) {
        let pax = pending.pax
        let name = pax?.path ?? pending.longName ?? header.name
        if let path = pax?.path, let longName = pending.longName, path != longName {
            throw ArchiveError(.inconsistent, entry: name, "has another name in a second header")
        }
        guard pax?.isSparse != true else { throw ArchiveError(.unsupportedEntry, entry: name, "is a sparse file") }
        guard pax?.hasLinkPath != true, !pending.hasLongLink else {
            throw ArchiveError(.unsupportedEntry, entry: name, "has the target of a link")
        }
        pending = Pending()
        let size = pax?.size ?? header.size
        try sink.begin(name, size: size, isExecutable: header.isExecutable, isFolder: header.kind == .folder)
        try readData(size, entry: name) { bytes throws(ArchiveError) in try sink.write(bytes) }
        try sink.end()
    }

    private func readExtension(_ header: TarHeader) throws(ArchiveError) -> [UInt8] {
        guard header.size <= Self.extensionBytes else {
            throw ArchiveError(.tooLarge, entry: header.name, "is a header of more than \(Self.extensionBytes) bytes")
        }
        var content: [UInt8] = []
        try readData(header.size, entry: header.name) { bytes throws(ArchiveError) in
            content.append(contentsOf: bytes)
        }
        return content
    }

    /// Reads what follows a header and fills its last block.
    private func readData(
        _ size: Int,
        entry: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        var missing = size
        while missing > 0 {
            let bytes = try stream.bytes(atMost: missing)
            guard !bytes.isEmpty else { throw Self.cut(entry) }
            try body(bytes)
            missing -= bytes.count
        }
        let rest = size % TarStream.blockBytes
        guard rest > 0 else { return }
        let padding = TarStream.blockBytes - rest
        guard try stream.bytes(atMost: padding).count == padding else { throw Self.cut(entry) }
    }

    private static func cut(_ entry: [UInt8]) -> ArchiveError {
        ArchiveError(.truncated, entry: entry, "ends before its last byte")
    }

    /// Checks the second block of the end mark and reads what fills up the file.
    private func finish() throws(ArchiveError) {
        guard pending.isEmpty else { throw ArchiveError(.damaged, "ends after a header without an entry") }
        let second = try stream.block()
        guard Self.isZero(second) else { throw ArchiveError(.damaged, "goes on after half of an end mark") }
        var trailing = 0
        while case let bytes = try stream.bytes(atMost: .max), !bytes.isEmpty {
            trailing += bytes.count
            guard trailing <= Self.trailingBytes else {
                throw ArchiveError(.tooLarge, "has more than \(Self.trailingBytes) bytes after its end mark")
            }
        }
    }

    private static func isZero(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }
}
