import Glibc

/// The small file beside a partial one, which says what the bytes are and keeps others away.
struct LockedRecord {
    /// More than any record has.
    private static let maximumBytes = 4096

    private let descriptor: Int32
    private let name: String

    /// Makes or opens the file and locks it without waiting.
    ///
    /// - Throws: ``DownloadError/Code/busy`` when somebody has it, and ``DownloadError/Code/notWritable`` or
    ///   ``DownloadError/Code/diskFull``.
    init(folder: Int32, name: String) throws(DownloadError) {
        self.name = name
        // Whoever had the file may have removed it between our opening and our locking of it.
        for _ in 0..<100 {
            let descriptor = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
            guard descriptor >= 0 else { throw DownloadError(writing: name, errno: errno) }
            do throws(DownloadError) {
                guard try Self.locks(descriptor, folder: folder, name: name) else {
                    close(descriptor)
                    continue
                }
            } catch {
                close(descriptor)
                throw error
            }
            self.descriptor = descriptor
            return
        }
        throw Self.busy(name)
    }

    /// Whether the lock is on the file that has the name.
    private static func locks(_ descriptor: Int32, folder: Int32, name: String) throws(DownloadError) -> Bool {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? busy(name) : DownloadError(writing: name, errno: errno)
        }
        var mine = stat()
        var named = stat()
        guard fstat(descriptor, &mine) == 0 else { throw DownloadError(writing: name, errno: errno) }
        guard mine.st_mode & S_IFMT == S_IFREG else { throw DownloadError(writing: name, errno: EINVAL) }
        guard fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        guard mine.st_ino == named.st_ino, mine.st_dev == named.st_dev else { return false }
        guard fchmod(descriptor, 0o600) == 0 else { throw DownloadError(writing: name, errno: errno) }
        return true
    }

    private static func busy(_ name: String) -> DownloadError {
        DownloadError(.busy, "another download to the same place goes on; it holds \(name)")
    }

    /// What was written before, if it can be understood.
    func read() -> PartialRecord? {
        var bytes = [UInt8](repeating: 0, count: Self.maximumBytes)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return PartialRecord(String(decoding: bytes[..<count], as: UTF8.self))
    }

    /// Replaces the record; half of one does not pass for one, since its checksum is missing.
    ///
    /// - Throws: ``DownloadError/Code/notWritable`` or ``DownloadError/Code/diskFull``.
    func write(_ record: PartialRecord) throws(DownloadError) {
        let bytes = Array(record.text.utf8)
        guard ftruncate(descriptor, 0) == 0 else { throw DownloadError(writing: name, errno: errno) }
        let count = pwrite(descriptor, bytes, bytes.count, 0)
        guard count == bytes.count else { throw DownloadError(writing: name, errno: count < 0 ? errno : ENOSPC) }
    }

    /// Gives the lock back.
    func release() { close(descriptor) }
}
