/// Goes through a zip file by its central directory, in the order in which the data lie.
struct ZipReader {
    private let file: ArchiveFile
    private let sink: EntrySink
    private let limits: ArchiveLimits
    private let data: ZipData

    init(_ file: ArchiveFile, into sink: EntrySink, _ limits: ArchiveLimits) throws(ArchiveError) {
        self.file = file
        self.sink = sink
        self.limits = limits
        data = try ZipData(file, limits)
    }

    /// Whether the bytes start a zip with entries or an empty one.
    static func isStart(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= 4 else { return false }
        return [ZipLocalHeader.signature, ZipEndRecord.signature].contains(ZipFields(bytes).u32(0))
    }

    /// Reads all entries.
    ///
    /// - Throws: ``ArchiveError`` at the first entry that breaks a rule.
    func read() throws(ArchiveError) {
        let end = try ZipEndRecord(file)
        guard end.count <= limits.entries else {
            throw ArchiveError(.tooManyEntries, "has more than \(limits.entries) entries")
        }
        let entries = try directory(end).sorted { $0.offset < $1.offset }
        for (index, entry) in entries.enumerated() {
            let limit = index + 1 < entries.count ? entries[index + 1].offset : end.directory.lowerBound
            try read(entry, before: limit)
        }
    }

    private func directory(_ end: ZipEndRecord) throws(ArchiveError) -> [ZipEntry] {
        var entries: [ZipEntry] = []
        var position = end.directory.lowerBound
        var total = 0
        while position < end.directory.upperBound {
            guard entries.count < end.count else {
                throw ArchiveError(.inconsistent, "has more entries than its end record says")
            }
            let rest = end.directory.upperBound - position
            guard rest >= ZipEntry.headerBytes else { throw Self.cutDirectory }
            let fixed = try file.bytes(at: position, count: ZipEntry.headerBytes)
            guard ZipFields(fixed).u32(0) == ZipEntry.signature else {
                throw ArchiveError(.damaged, "has something else in its directory")
            }
            let length = ZipEntry.length(fixed)
            guard length <= rest else { throw Self.cutDirectory }
            let header = try file.bytes(at: position, count: length)
            let entry = try ZipEntry(header, dataEnd: end.directory.lowerBound)
            // Once more when it is unpacked; here it is checked before anything is written.
            _ = try ArchivePath(entry.name, limits)
            guard entry.size <= limits.entryBytes, entry.size <= limits.unpackedBytes - total else {
                throw ArchiveError(.tooLarge, entry: entry.name, "is larger than what is left of the limit")
            }
            total += entry.size
            entries.append(entry)
            position += length
        }
        guard entries.count == end.count else {
            throw ArchiveError(.inconsistent, "has fewer entries than its end record says")
        }
        return entries
    }

    private static var cutDirectory: ArchiveError { ArchiveError(.damaged, "has a directory entry that is cut") }

    private func read(_ entry: ZipEntry, before limit: Int) throws(ArchiveError) {
        let header = try ZipLocalHeader(entry, file)
        // Nobody else's bytes may be among those of the entry: overlaps are how small files unpack to huge ones.
        guard header.dataStart <= limit, entry.packed <= limit - header.dataStart else {
            throw ArchiveError(.inconsistent, entry: entry.name, "overlaps what comes after it")
        }
        // A folder of another tool may have packed data that unpack to nothing; the name makes it one here.
        try sink.begin(entry.name, size: entry.size, isExecutable: entry.isExecutable, isFolder: false)
        try data.unpack(entry, from: header.dataStart, into: sink)
        if header.hasDescriptor {
            let dataEnd = header.dataStart + entry.packed
            try ZipDescriptor.check(entry, file, at: dataEnd, before: limit)
        }
        try sink.end()
    }
}
