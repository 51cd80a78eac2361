import Glibc
import NIOPosix

/// Standard input and output for messages, each on a thread of its own, since both may block for long.
package final class StandardStreams: Sendable {
    private let reader = NIOThreadPool(numberOfThreads: 1)
    private let writer = NIOThreadPool(numberOfThreads: 1)

    package init() {
        reader.start()
        writer.start()
    }

    /// The next bytes of standard input; nil at its end.
    package func read() async -> [UInt8]? {
        try? await reader.runIfActive { Self.readChunk() }
    }

    /// Writes one line to standard output and comes back when it is written.
    ///
    /// - Returns: whether anybody still reads.
    package func write(line: [UInt8]) async -> Bool {
        let result = try? await writer.runIfActive { Self.writeAll(line + [0x0A]) }
        return result ?? false
    }

    private static func readChunk() -> [UInt8]? {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(STDIN_FILENO, &chunk, chunk.count)
            if count > 0 { return Array(chunk[..<count]) }
            guard count < 0, isPassing(errno, STDIN_FILENO, POLLIN) else { return nil }
        }
    }

    private static func writeAll(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if !isPassing(errno, STDOUT_FILENO, POLLOUT) {
                return false
            }
        }
        return true
    }

    /// Whether a failure is none; when the descriptor does not block, this waits until it is ready.
    private static func isPassing(_ error: Int32, _ descriptor: Int32, _ events: Int32) -> Bool {
        if error == EINTR { return true }
        guard error == EAGAIN else { return false }
        var descriptors = [pollfd(fd: descriptor, events: Int16(events), revents: 0)]
        poll(&descriptors, 1, -1)
        return true
    }
}
