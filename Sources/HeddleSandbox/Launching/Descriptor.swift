import Glibc
import Synchronization

/// A file descriptor that is closed once, by whoever closes it first or by the end of its last reference.
final class Descriptor: Sendable {
    private let value: Atomic<Int32>

    init(_ raw: Int32) {
        value = Atomic(raw)
    }

    /// Takes the result of a call that returns a descriptor.
    convenience init(checking raw: Int32, _ call: String) throws(SystemCallError) {
        guard raw >= 0 else { throw SystemCallError(call) }
        self.init(raw)
    }

    deinit {
        close()
    }

    /// The number, or -1 when it is closed.
    var raw: Int32 { value.load(ordering: .acquiring) }

    func close() {
        let raw = value.exchange(-1, ordering: .acquiringAndReleasing)
        if raw >= 0 { _ = Glibc.close(raw) }
    }

    /// Gives the number to a new owner, who closes it.
    func release() -> Int32 {
        value.exchange(-1, ordering: .acquiringAndReleasing)
    }

    /// Opens `/dev/null` for a child's standard streams.
    static func null() throws(SystemCallError) -> Descriptor {
        try Descriptor(checking: open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null")
    }
}

extension Descriptor {
    /// Waits until the descriptor is readable or its other end is closed; says whether that was before the deadline.
    func wait(until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            let milliseconds = left <= .zero ? 0 : Int32(clamping: left.milliseconds + 1)
            var entry = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
            let count = poll(&entry, 1, milliseconds)
            if count > 0 { return true }
            if count == 0, left <= .zero { return false }
            if count < 0, errno != EINTR { return false }
        }
    }

    /// Reads what is there, at most `limit` bytes; empty at the end of the file or on an error.
    func read(atMost limit: Int = 4096) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = Glibc.read(raw, &buffer, limit)
            if count < 0, errno == EINTR { continue }
            return count <= 0 ? [] : Array(buffer[..<count])
        }
    }
}

extension Duration {
    /// Whole milliseconds.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
