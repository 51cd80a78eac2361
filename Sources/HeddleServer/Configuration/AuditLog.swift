import Glibc
package import HeddleModel
import JSON

/// `audit.log` in the data directory: one JSON object a line, each on the disk before the change is reported.
///
/// The server and the command line write to the same file, so each line is written under the file's lock. A full file is
/// kept under another name, and the oldest of those goes.
package struct AuditLog: Sendable {
    /// Bytes after which a new file is begun.
    private let bound: Int
    private let directory: String
    private let clock: any WallClock
    /// Full files that are kept.
    static let kept = 3
    /// How often the lock is tried, 10 ms apart.
    private static let attempts = 200

    /// The log of a data directory, which has to exist.
    package init(directory: String, clock: any WallClock, bound: Int = 4 << 20) {
        self.directory = directory
        self.clock = clock
        self.bound = bound
    }

    private var path: String { directory + "/audit.log" }

    /// Adds a line; returns once the disk has it.
    ///
    /// - Throws: ``HeddleError`` with `storageFull`, `permissionDenied`, or `internalError` when it cannot be written.
    package func append(_ record: AuditRecord) throws(HeddleError) {
        var line = record.json(at: clock.now).bytes + Array("\n".utf8)
        var descriptor = try lock()
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("read") }
        if status.st_size > 0, Int(status.st_size) + line.count > bound {
            try rotate()
            close(descriptor)
            descriptor = -1
            descriptor = try lock()
            guard fstat(descriptor, &status) == 0 else { throw Self.failure("read") }
        }
        // A crash in the middle of a line must not spoil the next one.
        var last: UInt8 = 0x0A
        if status.st_size > 0 { pread(descriptor, &last, 1, status.st_size - 1) }
        if last != 0x0A { line.insert(0x0A, at: 0) }
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw Self.failure("write") }
        if Int(status.st_size) == 0 { try Self.syncFolder(directory) }
    }

    /// The open and locked file that has the name now.
    private func lock() throws(HeddleError) -> Int32 {
        for _ in 0..<Self.attempts {
            let descriptor = try openFile()
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                usleep(10_000)
                continue
            }
            var (opened, named) = (stat(), stat())
            // Somebody else may have begun a new file in the meantime.
            if fstat(descriptor, &opened) == 0, lstat(path, &named) == 0, opened.st_ino == named.st_ino {
                return descriptor
            }
            close(descriptor)
        }
        throw HeddleError(.internalError, "the audit log is held by another program")
    }

    private func openFile() throws(HeddleError) -> Int32 {
        let flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let made = open(path, flags | O_CREAT | O_EXCL, 0o600)
        if made >= 0 {
            var folder = stat()
            // Made by root for a server that is not: it has to be able to go on writing.
            if geteuid() == 0, stat(directory, &folder) == 0, folder.st_uid != 0 {
                _ = fchown(made, folder.st_uid, folder.st_gid)
            }
            return made
        }
        guard errno == EEXIST else { throw Self.failure("create") }
        let descriptor = open(path, flags)
        guard descriptor >= 0 else { throw Self.failure("open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1 else {
            close(descriptor)
            throw HeddleError(.permissionDenied, "the audit log is no plain file")
        }
        return descriptor
    }

    private func rotate() throws(HeddleError) {
        for number in (1..<Self.kept).reversed() { rename("\(path).\(number)", "\(path).\(number + 1)") }
        guard rename(path, path + ".1") == 0 else { throw Self.failure("rotate") }
        try Self.syncFolder(directory)
    }

    private static func syncFolder(_ path: String) throws(HeddleError) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure("open") }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure("write") }
    }

    private static func failure(_ verb: String) -> HeddleError {
        let number = errno
        let reason = String(cString: strerror(number))
        let code: HeddleError.Code =
            switch number {
            case ENOSPC, EDQUOT: .storageFull
            case EACCES, EPERM, EROFS, ELOOP: .permissionDenied
            default: .internalError
            }
        return HeddleError(code, "cannot \(verb) the audit log: \(reason)")
    }
}
