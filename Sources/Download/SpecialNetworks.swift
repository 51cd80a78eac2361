/// The networks that are not the public internet (RFC 6890 and what came after it).
enum SpecialNetworks {
    private struct Network {
        let base: IPAddress
        let bits: Int
        let words: String

        /// A network that is written as `address/bits`.
        init?(_ text: String, _ words: String) {
            let parts = text.split(separator: "/")
            guard parts.count == 2, let base = IPAddress(String(parts[0])), let bits = Int(parts[1]) else { return nil }
            self.base = base
            self.bits = bits
            self.words = words
        }
    }

    private static let v4: [Network] = [
        Network("0.0.0.0/8", "unspecified"),
        Network("10.0.0.0/8", "private"),
        Network("100.64.0.0/10", "shared behind a provider's NAT"),
        Network("127.0.0.0/8", "loopback"),
        // What clouds answer from inside of every machine, in the middle of a public range.
        Network("168.63.129.16/32", "the cloud's own"),
        Network("169.254.0.0/16", "link-local"),
        Network("172.16.0.0/12", "private"),
        Network("192.0.0.0/24", "reserved"),
        Network("192.0.2.0/24", "for documentation"),
        Network("192.88.99.0/24", "reserved"),
        Network("192.168.0.0/16", "private"),
        Network("198.18.0.0/15", "for benchmarks"),
        Network("198.51.100.0/24", "for documentation"),
        Network("203.0.113.0/24", "for documentation"),
        Network("224.0.0.0/4", "multicast"),
        Network("240.0.0.0/4", "reserved"),
    ]
    .compactMap(\.self)

    /// Those that have a name of their own; whatever else is not in 2000::/3 is reserved.
    private static let v6: [Network] = [
        Network("::/128", "unspecified"),
        Network("::1/128", "loopback"),
        Network("64:ff9b:1::/48", "translated to a local network"),
        Network("2001::/23", "reserved"),
        Network("2001:db8::/32", "for documentation"),
        Network("3fff::/20", "for documentation"),
        Network("fc00::/7", "private"),
        Network("fe80::/10", "link-local"),
        Network("fec0::/10", "private"),
        Network("ff00::/8", "multicast"),
    ]
    .compactMap(\.self)

    /// Ways of writing IPv4 addresses as IPv6 ones, and where in them those stand.
    private static let embeddings: [(Network?, [Range<Int>], isTeredo: Bool)] = [
        (Network("::ffff:0:0/96", "mapped"), [12..<16], false),
        (Network("::/96", "compatible"), [12..<16], false),
        (Network("64:ff9b::/96", "translated"), [12..<16], false),
        (Network("2002::/16", "6to4"), [2..<6], false),
        (Network("2001::/32", "Teredo"), [4..<8, 12..<16], true),
    ]

    private static let unicast = Network("2000::/3", "global")

    /// What kind of address it is if not a public one; nil for those of the public internet.
    static func kind(of address: IPAddress) -> String? {
        if address.isV4 { return v4.first { address.isIn($0.base, bits: $0.bits) }?.words }
        if address.bytes.dropLast().allSatisfy({ $0 == 0 }), address.bytes[15] < 2 {
            return address.bytes[15] == 0 ? "unspecified" : "loopback"
        }
        for (network, places, isTeredo) in embeddings {
            guard let network, address.isIn(network.base, bits: network.bits) else { continue }
            return places.lazy
                .map { place in
                    // Teredo writes the client's address with all bits turned.
                    let isTurned = isTeredo && place.upperBound == 16
                    return IPAddress(v4: address.bytes[place].map { isTurned ? ~$0 : $0 }[...])
                }
                .compactMap(kind(of:)).first
        }
        if let named = v6.first(where: { address.isIn($0.base, bits: $0.bits) }) { return named.words }
        guard let unicast, address.isIn(unicast.base, bits: unicast.bits) else { return "reserved" }
        return nil
    }
}
