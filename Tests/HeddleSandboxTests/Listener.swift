import Glibc
import Testing

@testable import HeddleSandbox

/// A socket that listens; the kernel answers for it, so that nobody has to accept.
struct Listener {
    private let descriptor: Descriptor
    let address: String
    let port: UInt16
    let name: String

    /// Listens on a free port of an IPv4 address.
    init(address: String) throws {
        descriptor = Descriptor(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &name.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let raw = descriptor.raw
        let status = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, length) == 0 && listen(raw, 16) == 0 && getsockname(raw, $0, &length) == 0
            }
        }
        try #require(status)
        self.address = address
        self.name = ""
        port = UInt16(bigEndian: name.sin_port)
    }

    /// Listens on an abstract UNIX socket.
    init(abstract name: String) throws {
        descriptor = Descriptor(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var bytes = [UInt8(AF_UNIX), 0, 0] + Array(name.utf8)
        let raw = descriptor.raw
        let count = socklen_t(bytes.count)
        let status = bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return false }
            return bind(raw, base.assumingMemoryBound(to: sockaddr.self), count) == 0 && listen(raw, 16) == 0
        }
        try #require(status)
        self.name = name
        address = ""
        port = 0
    }

    /// Listens on an address of this machine that is not the loopback's; nil when it has none.
    static func outside() throws -> Listener? {
        let address = IPv4Address.ofThisMachine().first { !$0.isNeverGranted && !$0.isLinkLocal }
        return try address.map { try Listener(address: $0.description) }
    }
}
