/// A host and a port, as they stand in a URL.
package struct Endpoint: Sendable, Hashable {
    /// A name in lower case without a dot at its end, or an address without brackets.
    package let host: String
    /// From 1 to 65535.
    package let port: Int

    /// The address that the host is, if it is no name.
    var address: IPAddress? { IPAddress(host) }

    /// Reads `host`, `host:port`, `[address]` or `[address]:port`.
    ///
    /// - Throws: ``DownloadError/Code/invalidURL``, or ``DownloadError/Code/addressRefused`` for addresses in forms
    ///   that two readers could read differently.
    init(_ text: Substring, port fallback: Int?) throws(DownloadError) {
        let invalid = DownloadError(.invalidURL, "the host or port is not written as one")
        var name = text
        var digits: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw invalid }
            name = text[..<end].dropFirst()
            let tail = text[text.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":"), name.contains(":"), let address = IPAddress(String(name)) else {
                throw invalid
            }
            digits = tail.isEmpty ? nil : tail.dropFirst()
            host = address.description
        } else {
            if let colon = text.lastIndex(of: ":") {
                name = text[..<colon]
                digits = text[text.index(after: colon)...]
            }
            host = try Self.host(name)
        }
        guard let digits, !digits.isEmpty else {
            guard let fallback else { throw invalid }
            port = fallback
            return
        }
        // `Int` reads a sign as well.
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), 1...65_535 ~= port else {
            throw invalid
        }
        self.port = port
    }

    /// A name of at most 253 bytes in the letters that names have.
    ///
    /// - Throws: ``DownloadError/Code/invalidURL`` or ``DownloadError/Code/addressRefused``.
    private static func host(_ text: Substring) throws(DownloadError) -> String {
        let name = (text.hasSuffix(".") ? text.dropLast() : text).lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy { byte in
                        switch byte {
                        case 0x30...0x39, 0x61...0x7A, 0x2D, 0x5F: true
                        default: false
                        }
                    }
            }
        guard isName, let last = labels.last else {
            throw DownloadError(.invalidURL, "the host is no name; names in other scripts are written as xn--")
        }
        let isNumber = last.utf8.allSatisfy { (0x30...0x39).contains($0) } || last.hasPrefix("0x")
        guard !isNumber || IPAddress(name) != nil else {
            throw DownloadError(.addressRefused, "\(name) is an address that is not written as four decimal numbers")
        }
        return name
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
