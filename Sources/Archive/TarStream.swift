/// The blocks of a tar file, compressed or not.
final class TarStream {
    enum Source {
        case plain(ArchiveFile)
        case gzip(GzipStream)
    }

    /// Bytes of a block.
    static let blockBytes = 512

    private let source: Source
    /// What the source gave last; until the end a whole number of blocks, so that none lies across two.
    private var chunk = UnsafeRawBufferPointer(start: nil, count: 0)
    private var position = 0
    /// Bytes that came before the chunk.
    private var passed = 0

    init(_ source: Source) { self.source = source }

    /// The next block; shorter, or empty, at the end.
    ///
    /// It is valid until the next call.
    ///
    /// - Throws: what the source throws.
    func block() throws(ArchiveError) -> UnsafeRawBufferPointer { try bytes(atMost: Self.blockBytes) }

    /// The next bytes, as many as are in memory; none at the end.
    ///
    /// They are valid until the next call.
    ///
    /// - Throws: what the source throws.
    func bytes(atMost limit: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        if position == chunk.count { try advance() }
        let start = position
        position += min(limit, chunk.count - start)
        return UnsafeRawBufferPointer(rebasing: chunk[start..<position])
    }

    private func advance() throws(ArchiveError) {
        passed += chunk.count
        position = 0
        switch source {
        case .plain(let file): chunk = try file.available(at: passed)
        case .gzip(let stream): chunk = try stream.next()
        }
    }
}
