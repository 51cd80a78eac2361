/// Unpacks `.tar`, `.tar.gz` and `.zip` files of people whom nobody knows.
///
/// What an archive is, its bytes say and not its name. Only regular files and folders come out of it, and all of them
/// lie below the folder that was given. Calls block their thread until they are done, and need less than a megabyte
/// besides the set of paths.
package struct ArchiveUnpacker: Sendable {
    /// What an archive may ask for.
    package let limits: ArchiveLimits

    /// An unpacker that refuses what goes beyond the limits.
    package init(limits: ArchiveLimits = ArchiveLimits()) { self.limits = limits }

    /// Unpacks a file into an empty folder, which is empty again when that fails.
    ///
    /// Folders and executable files get the mode 0755, other files 0644; owners, times and attributes are ignored.
    ///
    /// - Throws: ``ArchiveError`` when the archive breaks a rule, cannot be read, or the folder cannot be written.
    @discardableResult
    package func unpack(_ archive: String, into directory: String) throws(ArchiveError) -> ArchiveContents {
        try unpack(ArchiveFile(path: archive, limits), into: directory)
    }

    /// Unpacks an open file, which stays open and at its position.
    ///
    /// - Throws: ``ArchiveError`` as with a path.
    @discardableResult
    package func unpack(descriptor: Int32, into directory: String) throws(ArchiveError) -> ArchiveContents {
        try unpack(ArchiveFile(descriptor, isOwner: false, limits), into: directory)
    }

    /// The entries of a file in the order in which they would be unpacked, after the same checks of every byte.
    ///
    /// - Throws: ``ArchiveError`` when the archive breaks a rule or cannot be read.
    package func list(_ archive: String) throws(ArchiveError) -> [ArchiveEntry] {
        try list(ArchiveFile(path: archive, limits))
    }

    /// The entries of an open file, which stays open and at its position.
    ///
    /// - Throws: ``ArchiveError`` as with a path.
    package func list(descriptor: Int32) throws(ArchiveError) -> [ArchiveEntry] {
        try list(ArchiveFile(descriptor, isOwner: false, limits))
    }

    private func unpack(_ file: ArchiveFile, into directory: String) throws(ArchiveError) -> ArchiveContents {
        let writer = try FolderWriter(directory)
        let sink = EntrySink(limits, writer: writer)
        do {
            try read(file, into: sink)
        } catch {
            writer.clear()
            throw error
        }
        return sink.contents
    }

    private func list(_ file: ArchiveFile) throws(ArchiveError) -> [ArchiveEntry] {
        let sink = EntrySink(limits, writer: nil)
        try read(file, into: sink)
        return sink.listed
    }

    private func read(_ file: ArchiveFile, into sink: EntrySink) throws(ArchiveError) {
        let start = try file.available(at: 0)
        if ZipReader.isStart(start) {
            try ZipReader(file, into: sink, limits).read()
        } else {
            let source: TarStream.Source =
                GzipStream.isStart(start) ? .gzip(try GzipStream(file, limits)) : .plain(file)
            var reader = TarReader(TarStream(source), into: sink)
            try reader.read()
        }
    }
}
