/// Takes the entries of an archive in their order: checks each, and writes it if there is a folder to write to.
final class EntrySink {
    /// The entries that have come, when nothing is written.
    private(set) var listed: [ArchiveEntry] = []

    private let limits: ArchiveLimits
    private let writer: FolderWriter?
    private var ledger: ArchiveLedger
    /// The name of the file that is open.
    private var file: [UInt8]?

    /// A sink that lists the entries when it has nothing to write with.
    init(_ limits: ArchiveLimits, writer: FolderWriter?) {
        self.limits = limits
        self.writer = writer
        ledger = ArchiveLedger(limits)
    }

    /// What has come so far.
    var contents: ArchiveContents { ledger.contents }

    /// Begins a file, or makes a folder when the entry or the end of its name says so.
    ///
    /// - Throws: ``ArchiveError`` when the path, the size or the number of entries breaks a rule, or the write fails.
    func begin(_ name: [UInt8], size: Int, isExecutable: Bool, isFolder: Bool) throws(ArchiveError) {
        let path = try ArchivePath(name, limits)
        let isFolder = isFolder || path.endsAsFolder
        if isFolder {
            guard size == 0 else { throw ArchiveError(.inconsistent, entry: name, "is a folder with content") }
            let known = try ledger.addFolder(path, entry: name)
            try writer?.makeFolder(path.names[...], known: known, entry: name)
        } else {
            let known = try ledger.addFile(path, size: size, entry: name)
            try writer?.createFile(path.names, known: known, isExecutable: isExecutable, entry: name)
            file = name
        }
        guard writer == nil else { return }
        listed.append(
            ArchiveEntry(path: path.text, size: size, isExecutable: isExecutable && !isFolder, isFolder: isFolder)
        )
    }

    /// Writes bytes to the file that is open.
    ///
    /// - Throws: ``ArchiveError`` when that fails.
    func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard let file else { return }
        try writer?.write(bytes, entry: file)
    }

    /// Ends the file that is open, if any.
    ///
    /// - Throws: ``ArchiveError`` when its last bytes cannot be written.
    func end() throws(ArchiveError) {
        guard let name = file else { return }
        file = nil
        try writer?.closeFile(entry: name)
    }
}
