import HeddleModel

/// The nftables rules of one confined network, as text for `nft -f -`.
///
/// They refuse rather than drop, so that a program notices at once instead of waiting for a time-out.
enum PacketFilter {
    /// Networks that are not the public Internet.
    ///
    /// The documentation networks 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 are missing on purpose: some hosts
    /// use them as public ones.
    static let privateNetworks = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
    ]

    /// The rules for a grant; nil when there is no network to filter.
    ///
    /// With the public Internet this machine's own addresses are refused too: its services would be reached through them
    /// as from outside, Heddle's own included. For granted hosts ``GrantedAddresses`` has left them out already.
    static func rules(
        _ grant: NetworkGrant,
        addresses: GrantedAddresses,
        ownAddresses: [IPv4Address]
    ) -> String? {
        let rules: [String]
        switch grant {
        case .none:
            return nil
        case .publicInternet:
            let refused = (privateNetworks + ownAddresses.filter(isPublic).map(\.description)).joined(separator: ", ")
            rules = [
                "ip daddr \(SlirpNetwork.resolver) meta l4proto { tcp, udp } th dport 53 accept",
                "ip daddr { \(refused) } reject with icmpx type admin-prohibited",
                "meta nfproto ipv4 accept",
            ]
        case .hosts:
            rules = Set(addresses.endpoints.map { "ip daddr \($0.address) tcp dport \($0.port) accept" }).sorted()
        }
        let lines =
            ["type filter hook output priority 0", "policy drop", "oifname \"lo\" accept"] + rules
            + ["reject with icmpx type admin-prohibited"]
        return "table inet heddle {\nchain output {\n" + lines.map { $0 + ";\n" }.joined() + "}\n}\n"
    }

    /// An interval set refuses members that another member covers.
    private static func isPublic(_ address: IPv4Address) -> Bool {
        let value = address.value
        let first = value >> 24
        return !address.isNeverGranted && !address.isLinkLocal && first != 10
            && value >> 22 != 0x6440_0000 >> 22 && value >> 20 != 0xAC10_0000 >> 20
            && value >> 16 != 0xC0A8 && value >> 17 != 0xC612_0000 >> 17
    }
}
