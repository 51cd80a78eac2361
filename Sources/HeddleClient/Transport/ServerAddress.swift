package import HeddleModel

/// Where a Heddle server listens: a scheme, a host and a port.
package struct ServerAddress: Sendable, Hashable {
    /// The two schemes a server can be reached by.
    package enum Scheme: String, Sendable {
        case http
        case https
    }

    package let scheme: Scheme
    /// A name or an address; an IPv6 address stands without brackets.
    package let host: String
    package let port: Int
    /// What stands before `/api` in every path, such as the prefix of a reverse proxy; empty for most.
    package let prefix: String

    /// Reads `http://host:port`, `https://host` or `host:port`.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when the text is no such address.
    package init(_ text: String) throws(HeddleError) {
        var rest = text[...]
        var scheme = Scheme.http
        for candidate in [Scheme.http, .https] where rest.lowercased().hasPrefix(candidate.rawValue + "://") {
            scheme = candidate
            rest = rest.dropFirst(candidate.rawValue.count + 3)
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var prefix = rest[slash...]
        while prefix.hasSuffix("/") { prefix = prefix.dropLast() }
        guard let (host, port) = Self.authority(rest[..<slash], fallback: scheme == .http ? 80 : 443),
            prefix.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3F && $0 != 0x23 })
        else {
            throw HeddleError(
                .invalidRequest,
                "'\(text.prefix(200))' is not a server's address such as http://127.0.0.1:7433"
            )
        }
        self.scheme = scheme
        self.host = host
        self.port = port
        self.prefix = String(prefix)
    }

    /// Whether only this machine can be meant.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.first == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func authority(_ text: Substring, fallback: Int) -> (String, Int)? {
        var host = text
        var port = fallback
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let tail = text[text.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
            if !tail.isEmpty {
                guard let number = UInt16(tail.dropFirst()) else { return nil }
                port = Int(number)
            }
        } else if let colon = text.lastIndex(of: ":") {
            guard let number = UInt16(text[text.index(after: colon)...]) else { return nil }
            host = text[..<colon]
            port = Int(number)
        }
        let isAllowed = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
            case 0x3A: text.hasPrefix("[")
            default: false
            }
        }
        guard !host.isEmpty, isAllowed, port > 0 else { return nil }
        return (host.lowercased(), port)
    }
}

extension ServerAddress: CustomStringConvertible {
    package var description: String {
        "\(scheme.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)\(prefix)"
    }
}
