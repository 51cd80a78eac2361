import Glibc

/// An IPv4 or IPv6 address.
package struct IPAddress: Sendable, Hashable {
    /// Four or sixteen bytes, the highest first.
    package let bytes: [UInt8]

    /// Reads four decimal numbers with dots, or the text of an IPv6 address without brackets and zone.
    package init?(_ text: String) {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(four)
            return
        }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        self.init(sixteen)
    }

    init(_ address: in_addr) {
        bytes = withUnsafeBytes(of: address) { Array($0) }
    }

    init(_ address: in6_addr) {
        bytes = withUnsafeBytes(of: address) { Array($0) }
    }

    init(v4 bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

    /// Whether it has four bytes.
    var isV4: Bool { bytes.count == 4 }

    /// Whether the first bits are those of a network of the same kind.
    func isIn(_ network: IPAddress, bits: Int) -> Bool {
        guard bytes.count == network.bytes.count else { return false }
        let whole = bits / 8
        guard bytes[..<whole] == network.bytes[..<whole] else { return false }
        let rest = bits % 8
        return rest == 0 || (bytes[whole] ^ network.bytes[whole]) >> (8 - rest) == 0
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = bytes.withUnsafeBytes {
            inet_ntop(isV4 ? AF_INET : AF_INET6, $0.baseAddress, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
