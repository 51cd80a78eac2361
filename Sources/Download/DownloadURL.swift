/// A URL that may be fetched: `http` or `https`, a host, and nothing that two readers could read differently.
struct DownloadURL: Sendable, Hashable {
    /// The two ways to fetch.
    enum Scheme: String {
        case http
        case https
    }

    /// Bytes that a URL may have.
    static let maximumBytes = 8192

    let scheme: Scheme
    let endpoint: Endpoint
    /// The path, which starts with a slash, and the query, in the letters that URLs have.
    let target: String

    private init(scheme: Scheme, endpoint: Endpoint, target: String) {
        self.scheme = scheme
        self.endpoint = endpoint
        self.target = target
    }

    /// Reads an absolute URL.
    ///
    /// - Throws: ``DownloadError/Code/invalidURL`` or ``DownloadError/Code/addressRefused``.
    init(_ text: String) throws(DownloadError) {
        guard text.utf8.count <= Self.maximumBytes else {
            throw DownloadError(.invalidURL, "the URL has more than \(Self.maximumBytes) bytes")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw DownloadError(.invalidURL, "the URL has control characters in it")
        }
        guard let (scheme, rest) = Self.scheme(of: text) else {
            throw DownloadError(.invalidURL, "only http:// and https:// URLs can be downloaded")
        }
        let hierarchy = rest.prefix { $0 != "#" }
        let end = hierarchy.firstIndex { $0 == "/" || $0 == "?" } ?? hierarchy.endIndex
        let authority = hierarchy[..<end]
        guard !authority.contains("@") else {
            throw DownloadError(.invalidURL, "a URL with a user name or password is not taken")
        }
        let endpoint = try Endpoint(authority, port: scheme == .http ? 80 : 443)
        self.init(scheme: scheme, endpoint: endpoint, target: Self.target(hierarchy[end...]))
    }

    /// Reads where a redirect leads from here.
    ///
    /// - Throws: ``DownloadError/Code/redirectRefused`` or ``DownloadError/Code/addressRefused``.
    func redirected(to location: String) throws(DownloadError) -> DownloadURL {
        let next: DownloadURL
        do throws(DownloadError) {
            next = try reference(location)
        } catch {
            guard error.code == .invalidURL else { throw error }
            throw DownloadError(.redirectRefused, "\(host) redirects to where nothing can be fetched: \(error.message)")
        }
        guard scheme == .http || next.scheme == .https else {
            throw DownloadError(
                .redirectRefused,
                "\(host) redirects from https to http, which anybody could have changed"
            )
        }
        return next
    }

    /// Resolves a reference (RFC 3986, 5.2).
    ///
    /// - Throws: ``DownloadError/Code/invalidURL`` or ``DownloadError/Code/addressRefused``.
    private func reference(_ text: String) throws(DownloadError) -> DownloadURL {
        let origin = "\(scheme.rawValue)://\(endpoint)"
        let path = target.prefix { $0 != "?" }
        let beforeMarks = text.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if text.isEmpty { throw DownloadError(.invalidURL, "the new place is empty") }
        if beforeMarks.contains(":") { return try DownloadURL(text) }
        if text.hasPrefix("//") { return try DownloadURL("\(scheme.rawValue):\(text)") }
        if text.hasPrefix("/") { return try DownloadURL(origin + text) }
        if text.hasPrefix("?") || text.hasPrefix("#") { return try DownloadURL(origin + path + text) }
        return try DownloadURL(origin + path[...(path.lastIndex(of: "/") ?? path.startIndex)] + text)
    }

    /// The host, for messages.
    var host: String { endpoint.host }

    private static func scheme(of text: String) -> (Scheme, Substring)? {
        guard let mark = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased())
        else { return nil }
        return (scheme, text[mark.upperBound...])
    }

    /// A path without `.` and `..`, and a query, with every letter encoded that URLs do not have.
    private static func target(_ text: Substring) -> String {
        let path = text.prefix { $0 != "?" }
        var segments: [Substring] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            if segment == ".." { _ = segments.popLast() }
            if segment != "." && segment != ".." { segments.append(segment) }
        }
        // A folder stays one when its last step is taken away.
        if path.hasSuffix("/.") || path.hasSuffix("/..") { segments.append("") }
        return encoded("/" + segments.joined(separator: "/") + text[path.endIndex...])
    }

    private static func encoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isKept =
                switch byte {
                case UInt8(ascii: "%"): bytes[(index + 1)...].prefix(2).count(where: isHexadecimal) == 2
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-._~!$&'()*+,;=:@/?".utf8.contains(byte)
                }
            if isKept {
                result.append(byte)
            } else {
                result += "%".utf8
                result += Hexadecimal.text([byte]).uppercased().utf8
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }
}

extension DownloadURL: CustomStringConvertible {
    /// The URL in the one form in which it is sent.
    var description: String {
        let isUsual = endpoint.port == (scheme == .http ? 80 : 443)
        let authority =
            isUsual ? String(endpoint.description.dropLast("\(endpoint.port)".count + 1)) : endpoint.description
        return "\(scheme.rawValue)://\(authority)\(target)"
    }
}
