import Glibc

/// An IPv4 address as a number in host order.
struct IPv4Address: Sendable, Hashable {
    let value: UInt32

    /// Parses four decimal numbers with dots.
    init?(_ text: String) {
        var address = in_addr()
        guard inet_pton(AF_INET, text, &address) == 1 else { return nil }
        value = UInt32(bigEndian: address.s_addr)
    }

    /// Reads a socket address; nil for other families.
    init?(socketAddress: UnsafeMutablePointer<sockaddr>) {
        guard socketAddress.pointee.sa_family == sa_family_t(AF_INET) else { return nil }
        value = socketAddress.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
        }
    }

    /// Loopback, "this network", multicast, reserved and broadcast.
    var isNeverGranted: Bool {
        let first = value >> 24
        return first == 127 || first == 0 || first >= 224
    }

    /// 169.254.0.0/16, where clouds keep their metadata service.
    var isLinkLocal: Bool { value >> 16 == 0xA9FE }

    /// The addresses of this machine's own interfaces.
    static func ofThisMachine() -> [IPv4Address] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        return sequence(first: list, next: { $0?.pointee.ifa_next }).prefix { $0 != nil }
            .compactMap { $0?.pointee.ifa_addr.flatMap(IPv4Address.init(socketAddress:)) }
    }
}

extension IPv4Address: CustomStringConvertible {
    var description: String {
        "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
    }
}
