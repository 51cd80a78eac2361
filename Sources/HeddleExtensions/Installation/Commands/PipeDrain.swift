import Glibc

/// Empties a pipe without ever waiting for it, and keeps a bounded beginning.
struct PipeDrain {
    private(set) var bytes: [UInt8] = []
    private let descriptor: Int32
    private let limit: Int
    private var isOpen = true

    /// Takes a descriptor, which becomes non-blocking and stays the caller's.
    init(_ descriptor: Int32, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Reads what there is; false when the other side has closed.
    mutating func readAvailable() -> Bool {
        guard isOpen else { return false }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        // A writer that never pauses must not keep us here.
        for _ in 0..<64 {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes += buffer[..<min(count, limit - bytes.count)]
                continue
            }
            if count < 0 && errno == EINTR { continue }
            isOpen = count < 0 && errno == EAGAIN
            break
        }
        return isOpen
    }

    /// Takes the bytes kept so far, which makes room for more.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
