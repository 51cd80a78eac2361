import Glibc

/// Makes files and folders below one folder and nowhere else.
///
/// Every step goes from the descriptor of a folder to a name in it, without following links, so that it does not matter
/// what becomes of the path meanwhile.
final class FolderWriter {
    private let root: Int32
    /// The folders from the root down to where the last file or folder was made.
    private var opened: [(name: String, descriptor: Int32)] = []
    private var file: Int32 = -1

    /// Opens an empty folder.
    ///
    /// - Throws: ``ArchiveError/Reason/writeFailed`` when there is none or something is in it.
    init(_ folder: String) throws(ArchiveError) {
        root = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { throw ArchiveError(writing: nil, errno: errno) }
        guard FolderCleaner.isEmpty(root) else { throw ArchiveError(writing: nil, errno: ENOTEMPTY) }
    }

    deinit {
        if file >= 0 { close(file) }
        for folder in opened { close(folder.descriptor) }
        if root >= 0 { close(root) }
    }

    /// Removes everything from the folder, as far as possible.
    func clear() { FolderCleaner.clear(root) }

    /// Makes the folders of a path that are new and leaves the last one open.
    ///
    /// - Throws: ``ArchiveError/Reason/writeFailed`` or ``ArchiveError/Reason/storageFull``.
    func makeFolder(_ names: ArraySlice<String>, known: Int, entry: [UInt8]) throws(ArchiveError) {
        _ = try enter(names, known: known, entry: entry)
    }

    /// Makes a file and keeps it open to be written.
    ///
    /// - Throws: ``ArchiveError/Reason/writeFailed`` or ``ArchiveError/Reason/storageFull``.
    func createFile(_ names: [String], known: Int, isExecutable: Bool, entry: [UInt8]) throws(ArchiveError) {
        let folder = try enter(names.dropLast(), known: known, entry: entry)
        let mode: mode_t = isExecutable ? 0o755 : 0o644
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        file = openat(folder, names.last ?? "", flags, mode)
        // The process's mask may have taken rights away.
        guard file >= 0, fchmod(file, mode) == 0 else { throw ArchiveError(writing: entry, errno: errno) }
    }

    /// Writes bytes to the file that is open.
    ///
    /// - Throws: ``ArchiveError/Reason/writeFailed``, ``ArchiveError/Reason/tooLarge`` or
    ///   ``ArchiveError/Reason/storageFull``.
    func write(_ bytes: UnsafeRawBufferPointer, entry: [UInt8]) throws(ArchiveError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(file, rest.baseAddress, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ArchiveError(writing: entry, errno: count < 0 ? errno : EIO) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Closes the file that is open; some file systems say only then that it did not fit.
    ///
    /// - Throws: ``ArchiveError/Reason/writeFailed`` or ``ArchiveError/Reason/storageFull``.
    func closeFile(entry: [UInt8]) throws(ArchiveError) {
        let descriptor = file
        file = -1
        guard close(descriptor) == 0 || errno == EINTR else { throw ArchiveError(writing: entry, errno: errno) }
    }

    /// The descriptor of a folder; those after the known ones are made.
    private func enter(_ names: ArraySlice<String>, known: Int, entry: [UInt8]) throws(ArchiveError) -> Int32 {
        var common = 0
        while common < min(opened.count, names.count),
            opened[common].name.utf8.elementsEqual(names[names.startIndex + common].utf8)
        {
            common += 1
        }
        while opened.count > common { close(opened.removeLast().descriptor) }
        for (index, name) in names.enumerated().dropFirst(common) {
            let parent = opened.last?.descriptor ?? root
            let isNew = index >= known
            if isNew, mkdirat(parent, name, 0o755) != 0 { throw ArchiveError(writing: entry, errno: errno) }
            let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard folder >= 0 else { throw ArchiveError(writing: entry, errno: errno) }
            opened.append((name, folder))
            if isNew, fchmod(folder, 0o755) != 0 { throw ArchiveError(writing: entry, errno: errno) }
        }
        return opened.last?.descriptor ?? root
    }
}
