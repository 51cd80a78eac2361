import Glibc
package import HeddleModel

/// Reads a whole small file, or standard input.
package enum FileBytes {
    /// The bytes of a file.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable` when it cannot be read, or `bodyTooLarge` past the limit.
    package static func read(_ path: String, limit: Int) throws(HeddleError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw refusal(path) }
        defer { close(descriptor) }
        return try read(descriptor: descriptor, name: path, limit: limit)
    }

    /// Whether there is something with this path.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// All bytes up to the end of standard input.
    ///
    /// - Throws: as ``read(_:limit:)`` does.
    package static func standardInput(limit: Int) throws(HeddleError) -> [UInt8] {
        try read(descriptor: STDIN_FILENO, name: "standard input", limit: limit)
    }

    private static func read(descriptor: Int32, name: String, limit: Int) throws(HeddleError) -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refusal(name) }
            guard count > 0 else { return result }
            guard result.count + count <= limit else {
                throw HeddleError(.bodyTooLarge, "'\(name)' is larger than \(limit) bytes")
            }
            result += chunk[..<count]
        }
    }

    private static func refusal(_ name: String) -> HeddleError {
        HeddleError(.pathNotReadable, "'\(name)' cannot be read: \(String(cString: strerror(errno)))")
    }
}
