import HeddleModel

/// Which `Host` and `Origin` headers the server answers to, against DNS rebinding and foreign web pages.
struct OriginRules: Sendable {
    private let hosts: Set<String>
    private let origins: Set<String>

    init(host: String, allowedHosts: [String], allowedOrigins: [String]) {
        let own = ["0.0.0.0", "::"].contains(host) ? [] : [host.lowercased()]
        hosts = Set(["127.0.0.1", "localhost", "::1"] + own + allowedHosts.map { $0.lowercased() })
        origins = Set(allowedOrigins.map { $0.lowercased() })
    }

    /// Refuses what neither header may say.
    ///
    /// - Throws: ``HeddleError`` with `originDenied`.
    func check(host: String?, origin: String?) throws(HeddleError) {
        guard let host, hosts.contains(Self.name(host[...])) else {
            throw HeddleError(.originDenied, "the server does not answer to this 'Host'")
        }
        guard let origin else { return }
        let lowered = origin.lowercased()
        if origins.contains(lowered) { return }
        guard let scheme = lowered.firstRange(of: "://"), hosts.contains(Self.name(lowered[scheme.upperBound...]))
        else {
            throw HeddleError(.originDenied, "the server does not answer to this 'Origin'")
        }
    }

    /// The host of `host:port` or `[v6]:port`, in lower case.
    private static func name(_ authority: Substring) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return authority[authority.index(after: authority.startIndex)..<end].lowercased()
        }
        let end = authority.utf8.firstIndex(of: UInt8(ascii: ":")) ?? authority.endIndex
        let name = String(authority[..<end])
        // Most clients write it in lower case; folding costs more than everything else here.
        return name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x2D...0x39).contains($0) }
            ? name : name.lowercased()
    }
}
