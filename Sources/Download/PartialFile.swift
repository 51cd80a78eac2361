import Crypto
import Glibc
import NIOCore
import Synchronization

/// The bytes that have come so far, in `<destination>.partial`, of which nobody else writes.
///
/// Every method may wait for the disk.
final class PartialFile: Sendable {
    private struct Content {
        let folder: Int32
        let body: Int32
        let lock: LockedRecord
        var record: PartialRecord?
        /// Bytes in the file.
        var size: Int
        /// Bytes of them that the hash has seen.
        var hashed = 0
        var hash = SHA256()
        /// Whether the bytes can be relied on.
        var isSound = true
        var isFinished = false
    }

    /// Bytes that are read at once.
    private static let windowBytes = 1 << 20

    private let name: String
    private let source: String
    private let boot: String
    private let content: Mutex<Content>

    /// Opens what is there of a destination, or begins anew.
    ///
    /// - Throws: ``DownloadError/Code/busy``, ``DownloadError/Code/notWritable`` or ``DownloadError/Code/diskFull``.
    init(destination: String, source: String) throws(DownloadError) {
        let slash = destination.lastIndex(of: "/")
        let name = slash.map { String(destination[destination.index(after: $0)...]) } ?? destination
        let folder = slash.map { $0 == destination.startIndex ? "/" : String(destination[..<$0]) } ?? "."
        guard !["", ".", ".."].contains(name), !destination.utf8.contains(0) else {
            throw DownloadError(.notWritable, "the destination is not the path of a file")
        }
        self.name = name
        self.source = source
        boot = Self.readBoot()
        let parent = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw DownloadError(writing: name, errno: errno) }
        do throws(DownloadError) {
            var status = stat()
            // Otherwise this would be noticed when all the bytes are there.
            if fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFDIR {
                throw DownloadError(writing: name, errno: EISDIR)
            }
            content = Mutex(try Self.content(of: name, in: parent, source: source, boot: boot))
        } catch {
            close(parent)
            throw error
        }
    }

    private static func content(
        of name: String,
        in folder: Int32,
        source: String,
        boot: String
    ) throws(DownloadError) -> Content {
        let lock = try LockedRecord(folder: folder, name: "\(name).partial.state")
        do throws(DownloadError) {
            return try content(of: name, in: folder, source: source, boot: boot, lock)
        } catch {
            if lock.read() == nil { unlinkat(folder, "\(name).partial.state", 0) }
            lock.release()
            throw error
        }
    }

    private static func content(
        of name: String,
        in folder: Int32,
        source: String,
        boot: String,
        _ lock: LockedRecord
    ) throws(DownloadError) -> Content {
        let body = openat(folder, "\(name).partial", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard body >= 0 else { throw DownloadError(writing: "\(name).partial", errno: errno) }
        do throws(DownloadError) {
            var status = stat()
            guard fstat(body, &status) == 0 else { throw DownloadError(writing: "\(name).partial", errno: errno) }
            guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
                throw DownloadError(.notWritable, "\(name).partial is there and is no file of a download")
            }
            var content = Content(folder: folder, body: body, lock: lock, size: Int(status.st_size))
            if let record = lock.read(), record.source == source, record.boot == boot,
                content.size <= record.total ?? .max
            {
                content.record = record
                // The last byte is asked for again, since a server has no answer to "nothing more".
                if content.size > 0, content.size == record.total { content.size -= 1 }
            } else {
                content.size = 0
            }
            guard fchmod(body, 0o600) == 0, ftruncate(body, content.size) == 0 else {
                throw DownloadError(writing: "\(name).partial", errno: errno)
            }
            return content
        } catch {
            close(body)
            throw error
        }
    }

    /// Bytes in the file.
    var size: Int { content.withLock { $0.size } }

    /// What is known of the file on the server, if the bytes on disk can be continued.
    var record: PartialRecord? { content.withLock { $0.size > 0 && $0.record?.validator != nil ? $0.record : nil } }

    /// Reads a part of what an earlier process left.
    ///
    /// - Returns: whether all of it has been read now.
    /// - Throws: ``DownloadError/Code/notWritable``.
    func readSome() throws(DownloadError) -> Bool {
        try content.withLock { (content) throws(DownloadError) in
            var window = [UInt8](repeating: 0, count: min(Self.windowBytes, content.size - content.hashed))
            guard !window.isEmpty else { return true }
            let count = pread(content.body, &window, window.count, content.hashed)
            guard count > 0 else { throw DownloadError(writing: "\(name).partial", errno: count < 0 ? errno : EIO) }
            content.hash.update(data: window[..<count])
            content.hashed += count
            return content.hashed == content.size
        }
    }

    /// Begins anew with a file of which this is known.
    ///
    /// - Throws: ``DownloadError/Code/notWritable`` or ``DownloadError/Code/diskFull``.
    func begin(_ validator: Validator?, total: Int?) throws(DownloadError) {
        try content.withLock { (content) throws(DownloadError) in
            // The bytes go first: a record never speaks of bytes of another state.
            try clear(&content)
            let record = PartialRecord(source: source, validator: validator, total: total, boot: boot)
            try content.lock.write(record)
            content.record = record
        }
    }

    /// Forgets the bytes.
    ///
    /// - Throws: ``DownloadError/Code/notWritable``.
    func clear() throws(DownloadError) {
        try content.withLock { (content) throws(DownloadError) in try clear(&content) }
    }

    private func clear(_ content: inout Content) throws(DownloadError) {
        guard ftruncate(content.body, 0) == 0 else { throw DownloadError(writing: "\(name).partial", errno: errno) }
        content.size = 0
        content.hashed = 0
        content.hash = SHA256()
        content.record = nil
    }

    /// Notes how long the file is.
    ///
    /// - Throws: ``DownloadError/Code/notWritable`` or ``DownloadError/Code/diskFull``.
    func learn(total: Int) throws(DownloadError) {
        try content.withLock { (content) throws(DownloadError) in
            guard var record = content.record, record.total != total else { return }
            record.total = total
            try content.lock.write(record)
            content.record = record
        }
    }

    /// Writes bytes at the end.
    ///
    /// - Returns: how many bytes there are now.
    /// - Throws: ``DownloadError/Code/diskFull`` or ``DownloadError/Code/notWritable``; what was written before counts.
    func append(_ buffer: ByteBuffer) throws(DownloadError) -> Int {
        try content.withLock { (content) throws(DownloadError) in
            var failure: Int32?
            buffer.withUnsafeReadableBytes { bytes in
                var rest = bytes
                while !rest.isEmpty {
                    let count = pwrite(content.body, rest.baseAddress, rest.count, content.size)
                    if count < 0 && errno == EINTR { continue }
                    guard count > 0 else {
                        failure = count < 0 ? errno : EIO
                        return
                    }
                    content.hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: rest[..<count]))
                    content.size += count
                    content.hashed += count
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                }
            }
            if let failure { throw DownloadError(writing: "\(name).partial", errno: failure) }
            return content.size
        }
    }

    /// Puts the file at its destination when it is what was expected, so that it stays there after a power cut.
    ///
    /// - Returns: its SHA-256.
    /// - Throws: ``DownloadError/Code/checksumMismatch``, ``DownloadError/Code/notWritable`` or
    ///   ``DownloadError/Code/diskFull``.
    func finish(expecting expected: String?) throws(DownloadError) -> String {
        try content.withLock { (content) throws(DownloadError) in
            let sha256 = Hexadecimal.text(content.hash.finalize())
            content.isSound = false
            guard expected == nil || expected?.lowercased() == sha256 else {
                throw DownloadError(
                    .checksumMismatch,
                    "\(name) has the SHA-256 \(sha256), which is not the expected one"
                )
            }
            // After a failure here nobody knows which bytes are on the disk.
            guard fsync(content.body) == 0 else { throw DownloadError(writing: name, errno: errno) }
            content.isSound = true
            guard renameat(content.folder, "\(name).partial", content.folder, name) == 0 else {
                throw DownloadError(writing: name, errno: errno)
            }
            content.isFinished = true
            guard fsync(content.folder) == 0 else { throw DownloadError(writing: name, errno: errno) }
            return sha256
        }
    }

    /// Closes everything, and keeps the bytes if they can be continued and are to be kept.
    func release(keeping isKept: Bool) {
        content.withLock { content in
            let isUseful = content.isSound && content.size > 0 && content.record?.validator != nil
            if !content.isFinished, !isKept || !isUseful { unlinkat(content.folder, "\(name).partial", 0) }
            // Whoever waits for the lock sees by its name that this is not the file any more.
            if content.isFinished || !isKept || !isUseful { unlinkat(content.folder, "\(name).partial.state", 0) }
            content.lock.release()
            close(content.body)
            close(content.folder)
        }
    }

    /// What tells one start of the machine from another.
    private static func readBoot() -> String {
        let descriptor = Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes[..<max(count, 0)].prefix { $0 > 0x20 }, as: UTF8.self)
    }
}
