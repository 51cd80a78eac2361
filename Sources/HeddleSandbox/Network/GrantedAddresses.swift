import Glibc
import HeddleModel

/// The addresses that a network grant stands for, looked up on the host before the start.
///
/// They hold for the life of the process: a name that moves is followed at the next start only.
struct GrantedAddresses: Sendable {
    /// One address and TCP port that may be reached.
    struct Endpoint: Sendable, Hashable {
        let address: IPv4Address
        let port: UInt16
    }

    var endpoints: [Endpoint] = []
    /// Lines for `/etc/hosts`, the only way from a granted name to its address inside.
    var hostsLines: [String] = []

    static let none = GrantedAddresses()

    /// Looks the hosts of a grant up; blocks on the resolver, so it runs on a thread of our own.
    ///
    /// - Throws: `grantRefused` for an address of this machine, `startFailed` for a name without an IPv4 address.
    static func resolve(_ grant: NetworkGrant) throws(HeddleError) -> GrantedAddresses {
        switch grant {
        case .none, .publicInternet: return .none
        case .hosts(let hosts):
            var result = GrantedAddresses()
            for host in hosts { try result.add(host) }
            return result
        }
    }

    private mutating func add(_ host: NetworkGrant.HostPort) throws(HeddleError) {
        let literal = IPv4Address(host.host)
        let found = literal.map { [$0] } ?? Self.lookUp(host.host)
        guard !found.isEmpty else {
            throw HeddleError(
                .startFailed,
                "a granted host has no IPv4 address",
                details: ["host": "\(host.host):\(host.port)"]
            )
        }
        // Whoever owns a name chooses its address: a name may lead into the local network, where internal services
        // live, but not to the host itself or to the metadata service.
        let own = IPv4Address.ofThisMachine()
        let allowed = found.filter { address in
            !address.isNeverGranted && (literal != nil || !address.isLinkLocal && !own.contains(address))
        }
        guard !allowed.isEmpty else {
            throw HeddleError(
                .grantRefused,
                "a granted host leads to this machine itself or to no host at all",
                details: ["host": "\(host.host):\(host.port)"]
            )
        }
        endpoints += allowed.map { Endpoint(address: $0, port: host.port) }
        if literal == nil { hostsLines += allowed.map { "\($0) \(host.host)" }.filter { !hostsLines.contains($0) } }
    }

    private static func lookUp(_ name: String) -> [IPv4Address] {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        return sequence(first: list, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
            .compactMap { $0?.pointee.ai_addr.flatMap(IPv4Address.init(socketAddress:)) }
    }
}
