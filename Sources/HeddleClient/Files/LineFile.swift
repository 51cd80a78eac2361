import Glibc
package import HeddleModel
import Synchronization

/// A file that an export writes lines to, which may have been cut off in the middle of one.
package final class LineFile: Sendable {
    /// The first bytes of a line that has a cursor.
    private static let mark = Array(#"{"cursor":""#.utf8)
    /// Bytes that are looked at together, and those in which a line's cursor has to be.
    private static let (chunk, longestCursor) = (64 << 10, 64)

    private let descriptor: Int32
    /// Whether what the file holds is to go with the first write.
    private let beginsAnew = Atomic<Bool>(false)
    private let name: String
    /// The cursor of the last line that was there whole; nil for a file that begins.
    package let cursor: String?

    /// Opens a file; `-` is standard output.
    ///
    /// - Parameters:
    ///   - path: The file; it is made when it is not there.
    ///   - resumes: Whether it goes on behind its last whole line; what follows that is cut off. Else it begins anew.
    /// - Throws: ``HeddleError`` with `pathNotReadable`, or `invalidRequest` for a file that no export wrote.
    package init(_ path: String, resumes: Bool) throws(HeddleError) {
        name = path == "-" ? "standard output" : path
        guard path != "-" else {
            descriptor = STDOUT_FILENO
            cursor = nil
            return
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.refusal(path) }
        self.descriptor = descriptor
        do throws(HeddleError) {
            cursor = resumes ? try Self.cutOff(descriptor, path) : nil
            beginsAnew.store(!resumes, ordering: .relaxed)
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { if descriptor != STDOUT_FILENO { close(descriptor) } }

    /// Writes bytes, all of them.
    ///
    /// - Throws: ``HeddleError`` with `storageFull`, or `pathNotReadable` when nobody reads any more.
    func write(_ bytes: [UInt8]) throws(HeddleError) {
        try beginIfNew()
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
                poll(&descriptors, 1, -1)
            } else if errno != EINTR {
                throw Self.refusal(name)
            }
        }
    }

    /// What was in the file goes when there is something to put in its place, and not when the server only refuses.
    private func beginIfNew() throws(HeddleError) {
        guard beginsAnew.exchange(false, ordering: .relaxed) else { return }
        // A pipe has no length.
        guard ftruncate(descriptor, 0) == 0 || errno == EINVAL else { throw Self.refusal(name) }
    }

    /// Waits until everything is on the disk.
    ///
    /// - Throws: ``HeddleError`` with `storageFull` or `pathNotReadable`.
    func finish() throws(HeddleError) {
        try beginIfNew()
        // A pipe has no disk.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS else { throw Self.refusal(name) }
    }

    private static func refusal(_ name: String) -> HeddleError {
        let code: HeddleError.Code = errno == ENOSPC || errno == EDQUOT ? .storageFull : .pathNotReadable
        return HeddleError(code, "'\(name)' cannot be written: \(String(cString: strerror(errno)))")
    }

    // MARK: Going on

    /// Cuts off what follows the last whole line, and reads the cursor of that line.
    private static func cutOff(_ descriptor: Int32, _ path: String) throws(HeddleError) -> String? {
        let size = lseek(descriptor, 0, SEEK_END)
        guard size >= 0 else { throw refusal(path) }
        guard let end = try lastBreak(before: size, descriptor, path) else {
            let head = try bytes(0, min(mark.count, Int(size)), descriptor, path)
            guard mark.starts(with: head) else { throw foreign(path) }
            guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw refusal(path) }
            return nil
        }
        let start = try lastBreak(before: end, descriptor, path).map { $0 + 1 } ?? 0
        let head = try bytes(start, min(longestCursor, Int(end - start)), descriptor, path)
        guard head.starts(with: mark), let close = head[mark.count...].firstIndex(of: UInt8(ascii: "\"")) else {
            throw foreign(path)
        }
        guard ftruncate(descriptor, end + 1) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else { throw refusal(path) }
        return String(decoding: head[mark.count..<close], as: UTF8.self)
    }

    private static func foreign(_ path: String) -> HeddleError {
        HeddleError(.invalidRequest, "'\(path)' cannot be gone on with: its last whole line has no cursor")
    }

    /// The place of the last line break before another place.
    private static func lastBreak(before end: off_t, _ descriptor: Int32, _ path: String) throws(HeddleError) -> off_t?
    {
        var end = end
        while end > 0 {
            let count = min(chunk, Int(end))
            let bytes = try bytes(end - off_t(count), count, descriptor, path)
            if let index = bytes.lastIndex(of: UInt8(ascii: "\n")) { return end - off_t(count) + off_t(index) }
            end -= off_t(count)
        }
        return nil
    }

    private static func bytes(
        _ start: off_t,
        _ count: Int,
        _ descriptor: Int32,
        _ path: String
    ) throws(HeddleError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, start + off_t(filled))
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { throw refusal(path) }
            filled += read
        }
        return bytes
    }
}
