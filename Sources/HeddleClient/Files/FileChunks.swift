import Glibc
import HeddleModel
import NIOCore
import NIOPosix

/// The bytes of a file, or of standard input, some at a time: it may be larger than the memory.
final class FileChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private static let chunk = 256 << 10

    private let descriptor: Int32
    private let name: String
    private let count: TransferCount

    /// Opens a file; `-` is standard input.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`.
    init(_ path: String, _ count: TransferCount) throws(HeddleError) {
        self.count = count
        name = path == "-" ? "standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw HeddleError(.pathNotReadable, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
        }
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// Gives one chunk after the other.
    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: FileChunks

        mutating func next() async throws -> ByteBuffer? { try await file.next() }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> ByteBuffer? {
            try await file.next()
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: self) }

    /// On a thread that may wait: a pipe can be silent for long.
    private func next() async throws -> ByteBuffer? {
        try await NIOThreadPool.singleton.runIfActive { [self] in try read() }
    }

    private func read() throws(HeddleError) -> ByteBuffer? {
        var chunk = [UInt8](repeating: 0, count: Self.chunk)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw HeddleError(.pathNotReadable, "'\(name)' cannot be read: \(String(cString: strerror(errno)))")
            }
            guard count > 0 else { return nil }
            self.count.add(count)
            return ByteBuffer(bytes: chunk[..<count])
        }
    }
}
