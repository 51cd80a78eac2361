import Glibc
import HeddleModel

/// An open file that is closed with its owner; children that are started do not inherit it.
struct FileDescriptor: ~Copyable {
    /// A call to the system that failed; only logs see it.
    struct Failure: Error {
        let call: String
        let path: String
        let number: Int32
    }

    let raw: Int32
    let path: String

    deinit {
        close(raw)
    }

    static func open(
        _ path: String,
        _ flags: Int32,
        mode: mode_t = 0
    ) throws(HeddleError) -> FileDescriptor {
        while true {
            let raw = Glibc.open(path, flags | O_CLOEXEC, mode)
            if raw >= 0 {
                return FileDescriptor(raw: raw, path: path)
            }
            guard errno == EINTR else { throw failure("open", path) }
        }
    }

    func setMode(_ mode: mode_t) throws(HeddleError) {
        guard fchmod(raw, mode) == 0 else { throw Self.failure("fchmod", path) }
    }

    /// Returns once the disk has the file, or for a directory its names.
    func sync() throws(HeddleError) {
        guard fsync(raw) == 0 else { throw Self.failure("fsync", path) }
    }

    /// Makes these bytes the whole file.
    func replaceContents(_ bytes: [UInt8]) throws(HeddleError) {
        guard ftruncate(raw, 0) == 0 else { throw Self.failure("ftruncate", path) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(raw, $0.baseAddress?.advanced(by: offset), $0.count - offset, offset)
            }
            if count < 0, errno == EINTR {
                continue
            }
            guard count > 0 else { throw Self.failure("pwrite", path) }
            offset += count
        }
    }

    /// The first bytes of the file as text.
    func text(_ maximum: Int) -> String {
        var bytes = [UInt8](repeating: 0, count: maximum)
        let count = bytes.withUnsafeMutableBytes { pread(raw, $0.baseAddress, $0.count, 0) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// The error for the last call that failed, by `errno`.
    static func failure(
        _ call: String,
        _ path: String
    ) -> HeddleError {
        let cause = Failure(call: call, path: path, number: errno)
        if cause.number == ENOSPC || cause.number == EDQUOT {
            return HeddleError(.storageFull, "the disk of the data directory is full", cause: cause)
        }
        return HeddleError(.internalError, "the data directory cannot be used", cause: cause)
    }
}
