import Glibc

/// The bytes of an archive, a window at a time.
///
/// What it gives is valid until it is asked again.
final class ArchiveFile {
    /// Bytes of a window; a multiple of what tar calls a block, and more than the largest header of a zip.
    static let windowBytes = 256 << 10

    /// Bytes of the whole file.
    let size: Int

    private let descriptor: Int32
    private let isOwner: Bool
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: windowBytes, alignment: 4096)
    /// Where in the file the window lies.
    private var window = 0..<0

    /// Opens a file.
    ///
    /// - Throws: ``ArchiveError/Reason/readFailed``, or ``ArchiveError/Reason/tooLarge``.
    convenience init(path: String, _ limits: ArchiveLimits) throws(ArchiveError) {
        // Opening a pipe would wait for somebody to write.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        try self.init(descriptor, isOwner: true, limits)
    }

    /// Reads from an open file whose position stays as it is.
    ///
    /// - Throws: ``ArchiveError/Reason/readFailed``, or ``ArchiveError/Reason/tooLarge``.
    init(_ descriptor: Int32, isOwner: Bool, _ limits: ArchiveLimits) throws(ArchiveError) {
        self.descriptor = descriptor
        self.isOwner = isOwner
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        size = Int(status.st_size)
        guard isKnown else { throw Self.failure(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ArchiveError(.readFailed, "is not a regular file") }
        guard size <= limits.packedBytes else {
            throw ArchiveError(.tooLarge, "has more than \(limits.packedBytes) bytes")
        }
    }

    deinit {
        buffer.deallocate()
        if isOwner { close(descriptor) }
    }

    /// The bytes at a place, at most a window of them.
    ///
    /// - Throws: ``ArchiveError/Reason/truncated`` when the file has fewer, and ``ArchiveError/Reason/readFailed``.
    func bytes(at offset: Int, count: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        if offset < window.lowerBound || offset + count > window.upperBound { try fill(at: offset) }
        guard offset + count <= window.upperBound else {
            throw ArchiveError(.truncated, "ends in the middle of a header")
        }
        return slice(offset..<offset + count)
    }

    /// As many bytes at a place as are in memory, some if there are any in the file.
    ///
    /// - Throws: ``ArchiveError/Reason/readFailed``.
    func available(at offset: Int, atMost limit: Int = .max) throws(ArchiveError) -> UnsafeRawBufferPointer {
        if !window.contains(offset) { try fill(at: offset) }
        return slice(offset..<offset + min(window.upperBound - offset, limit))
    }

    private func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        let start = range.lowerBound - window.lowerBound
        return UnsafeRawBufferPointer(rebasing: buffer[start..<start + range.count])
    }

    private func fill(at offset: Int) throws(ArchiveError) {
        var filled = 0
        window = offset..<offset
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = pread(descriptor, rest.baseAddress, rest.count, offset + filled)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(errno) }
            guard count > 0 else { break }
            filled += count
        }
        window = offset..<offset + filled
    }

    private static func failure(_ code: Int32) -> ArchiveError {
        ArchiveError(.readFailed, "cannot be read: \(String(cString: strerror(code)))")
    }
}
