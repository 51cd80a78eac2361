import Glibc
import HeddleModel

/// A new file that is written from front to back.
final class OutputFile {
    let path: String
    let access: FileAccess
    private let raw: Int32
    private(set) var length: Int

    /// Makes a file that was not there, or goes on with one that is `length` bytes long.
    init(_ path: String, _ access: FileAccess, appendingAt length: Int? = nil) throws(HeddleError) {
        self.path = path
        self.access = access
        self.length = length ?? 0
        if length == nil { try access.pass(.create(path), path) }
        let flags = length == nil ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_WRONLY | O_CLOEXEC
        raw = open(path, flags, 0o600)
        guard raw >= 0 else { throw FileAccess.failure("open", path, errno) }
        if let length, ftruncate(raw, off_t(length)) != 0 {
            let number = errno
            close(raw)
            throw FileAccess.failure("ftruncate", path, number)
        }
    }

    deinit {
        close(raw)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(HeddleError) {
        let allowed = access.pass(writing: bytes.count, path)
        var offset = 0
        while offset < allowed.count {
            let count = pwrite(
                raw,
                bytes.baseAddress?.advanced(by: offset),
                allowed.count - offset,
                off_t(length + offset)
            )
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileAccess.failure("pwrite", path, count == 0 ? EIO : errno) }
            offset += count
        }
        guard allowed.number == 0 else { throw FileAccess.failure("pwrite", path, allowed.number) }
        length += bytes.count
    }

    func write(_ bytes: [UInt8]) throws(HeddleError) {
        // A typed throw does not pass through the closure of the standard library.
        let result: Result<Void, HeddleError> = bytes.withUnsafeBytes { buffer in
            do throws(HeddleError) { return .success(try write(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Takes back what a write that failed may have left.
    func truncate() {
        ftruncate(raw, off_t(length))
    }

    /// Returns once the disk has what was written.
    func sync() throws(HeddleError) {
        try access.pass(.sync(path), path)
        guard fdatasync(raw) == 0 else { throw FileAccess.failure("fdatasync", path, errno) }
    }
}
