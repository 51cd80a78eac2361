import Glibc
package import HeddleModel

/// The directory of one server, locked for as long as this value lives.
///
/// It also writes the small files of a server so that a power cut leaves the old one or the new one.
package final class DataDirectory: Sendable {
    /// Where it really is, whatever links the path that it was opened with goes over.
    package let path: String
    private let lock: FileDescriptor

    /// Creates the directory when it is missing, for its owner alone, and locks it without waiting.
    ///
    /// The kernel drops the lock with the process, however it ends.
    ///
    /// - Throws: ``HeddleError`` with `.dataDirectoryLocked` and the holder's `pid` in the details when another server
    ///   has it; `.storageFull` or `.internalError` when it cannot be used.
    package static func open(path: String) throws(HeddleError) -> DataDirectory {
        try create(path)
        let lock = try FileDescriptor.open("\(path)/lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw FileDescriptor.failure("flock", path) }
            throw lockedError(holder: lock.text(32))
        }
        try lock.replaceContents(Array("\(getpid())\n".utf8))
        guard let real = realpath(path, nil) else { throw FileDescriptor.failure("realpath", path) }
        defer { free(real) }
        return DataDirectory(path: String(cString: real), lock: lock)
    }

    private init(
        path: String,
        lock: consuming FileDescriptor
    ) {
        self.path = path
        self.lock = lock
    }

    /// Writes a file of the directory durably: afterwards, and after a power cut, it has its old content or this.
    ///
    /// - Throws: ``HeddleError`` with `.storageFull` or `.internalError`; the old file is untouched then.
    package func writeFile(
        _ name: String,
        _ bytes: [UInt8],
        mode: UInt32 = 0o600
    ) throws(HeddleError) {
        precondition(!name.isEmpty && !name.contains("/"), "a name, not a path")
        let final = "\(path)/\(name)"
        let draft = "\(path)/.\(name).\(UInt64.random(in: 0 ... .max)).new"
        do throws(HeddleError) {
            let file = try FileDescriptor.open(draft, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            // The process's mask may have taken bits away.
            try file.setMode(mode)
            try file.replaceContents(bytes)
            try file.sync()
            guard rename(draft, final) == 0 else { throw FileDescriptor.failure("rename", final) }
        } catch {
            unlink(draft)
            throw error
        }
        try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY).sync()
    }

    private static func create(_ path: String) throws(HeddleError) {
        if mkdir(path, 0o700) != 0 {
            if errno == EEXIST {
                return
            }
            guard errno == ENOENT, parent(of: path) != path else { throw FileDescriptor.failure("mkdir", path) }
            try create(parent(of: path))
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileDescriptor.failure("mkdir", path) }
        }
        try FileDescriptor.open(parent(of: path), O_RDONLY | O_DIRECTORY).sync()
    }

    private static func parent(of path: String) -> String {
        let joined = path.split(separator: "/").dropLast().joined(separator: "/")
        if path.hasPrefix("/") {
            return "/\(joined)"
        }
        return joined.isEmpty ? "." : joined
    }

    private static func lockedError(holder: String) -> HeddleError {
        let pid = Int(holder.trimmingSuffix { $0.isWhitespace })
        return HeddleError(
            .dataDirectoryLocked,
            "another server holds the data directory",
            details: pid.map { ["pid": String($0)] } ?? [:]
        )
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, predicate(last) {
            text.removeLast()
        }
        return text
    }
}
