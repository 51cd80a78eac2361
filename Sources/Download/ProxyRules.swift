/// Which proxy requests go through.
///
/// A proxy is asked with `CONNECT` for `http` as well as for `https`. It finds the addresses of names itself, so that
/// only hosts that are written as addresses can be checked here; what a proxy may reach is for its own rules to say.
package struct ProxyRules: Sendable {
    /// A proxy that the operator names, whose own address is not checked.
    struct Proxy: Sendable, Hashable {
        let endpoint: Endpoint
        let user: String?
        let password: String
    }

    /// What is reached without a proxy.
    private enum Direct: Sendable {
        case everything
        case name(Substring, port: Int?)
        case network(IPAddress, bits: Int)
    }

    private let http: Proxy?
    private let https: Proxy?
    private let direct: [Direct]

    /// No proxy.
    package static let none = ProxyRules(http: nil, https: nil, direct: [])

    private init(http: Proxy?, https: Proxy?, direct: [Direct]) {
        self.http = http
        self.https = https
        self.direct = direct
    }

    /// Reads `http_proxy`, `https_proxy` and `no_proxy`; names in small letters win over those in capitals.
    ///
    /// `no_proxy` lists names (which stand for what is below them too), addresses, networks as `address/bits`, each but
    /// the last with a port if wanted, or `*`.
    ///
    /// - Throws: ``DownloadError/Code/invalidSetting`` when a proxy is not written as `http://user:password@host:port`.
    package init(environment: [String: String]) throws(DownloadError) {
        func value(_ name: String) -> String? {
            let value = environment[name] ?? environment[name.uppercased()]
            return value?.isEmpty == false ? value : nil
        }
        http = try value("http_proxy").map { (text) throws(DownloadError) in try Self.proxy(text) }
        https = try value("https_proxy").map { (text) throws(DownloadError) in try Self.proxy(text) }
        direct = (value("no_proxy") ?? "").split { $0 == "," || $0 == " " }.compactMap { Self.direct($0.lowercased()) }
    }

    /// The proxy for a URL, if there is one.
    func proxy(for url: DownloadURL) -> Proxy? {
        let isDirect = direct.contains { rule in
            switch rule {
            case .everything: true
            case .network(let base, let bits): url.endpoint.address?.isIn(base, bits: bits) == true
            case .name(let name, let port):
                (port == nil || port == url.endpoint.port)
                    && (url.host == name || url.endpoint.address == nil && url.host.hasSuffix(".\(name)"))
            }
        }
        if isDirect { return nil }
        return url.scheme == .http ? http : https
    }

    private static func proxy(_ text: String) throws(DownloadError) -> Proxy {
        let invalid = DownloadError(
            .invalidSetting,
            "a proxy is written as http://host:port or http://user:password@host:port"
        )
        var rest = text[...]
        if let mark = text.firstRange(of: "://") {
            guard text[..<mark.lowerBound].lowercased() == "http" else { throw invalid }
            rest = text[mark.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        var user: String?
        var password = ""
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = decoded(parts[0]), let second = decoded(parts.count > 1 ? parts[1] : "") else {
                throw invalid
            }
            user = first
            password = second
            rest = rest[rest.index(after: at)...]
        }
        guard let endpoint = try? Endpoint(rest, port: 80) else { throw invalid }
        return Proxy(endpoint: endpoint, user: user, password: password)
    }

    private static func direct(_ text: String) -> Direct? {
        if text == "*" { return .everything }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, let base = IPAddress(String(parts[0])), let bits = ContentRange.number(parts[1]) {
            return bits <= base.bytes.count * 8 ? .network(base, bits: bits) : nil
        }
        if let address = IPAddress(text) { return .network(address, bits: address.bytes.count * 8) }
        let name = text.drop { $0 == "." || $0 == "*" }
        guard let withPort = try? Endpoint(name, port: nil) else { return name.isEmpty ? nil : .name(name, port: nil) }
        return .name(withPort.host[...], port: withPort.port)
    }

    /// Text without percent encoding, if it is proper.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let pair = String(rest.prefix(2)), pair.utf8.count == 2, !pair.hasPrefix("+"), !pair.hasPrefix("-"),
                let value = UInt8(pair, radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
