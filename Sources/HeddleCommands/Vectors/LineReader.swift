import Glibc
import HeddleModel

/// The lines of a file, one after the other, without the whole file in memory.
final class LineReader: Sequence, IteratorProtocol {
    private static let maximumLine = 4 << 20
    private let file: UnsafeMutablePointer<FILE>
    private var buffer: UnsafeMutablePointer<CChar>?
    private var capacity = 0

    /// Opens a file.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`.
    init(path: String) throws(HeddleError) {
        guard let file = fopen(path, "re") else {
            throw HeddleError(.pathNotReadable, "the file cannot be read", details: ["path": path])
        }
        self.file = file
    }

    deinit {
        free(buffer)
        fclose(file)
    }

    /// The next line without its end; nothing at the end of the file, or at a line that is too long for memory.
    func next() -> [UInt8]? {
        let count = getline(&buffer, &capacity, file)
        guard count > 0, count <= Self.maximumLine, let buffer else { return nil }
        var line = UnsafeRawBufferPointer(start: buffer, count: count)[...]
        while let last = line.last, last == 10 || last == 13 { line.removeLast() }
        return Array(line)
    }
}
