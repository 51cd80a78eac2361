/// URIs, their relatives and identifiers.
enum URIFormat {
    /// RFC 3986, or RFC 3987 with Unicode.
    static func isReference(_ text: [UInt8], needsScheme: Bool, allowsUnicode: Bool) -> Bool {
        var rest = text[...]
        let beforePath = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        if let colon = beforePath.firstIndex(of: UInt8(ascii: ":")) {
            guard isScheme(rest[..<colon]) else { return false }
            rest = rest[(colon + 1)...]
        } else if needsScheme {
            return false
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "#")) {
            guard isMade(rest[(mark + 1)...], of: "/?:@", allowsUnicode) else { return false }
            rest = rest[..<mark]
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            guard isMade(rest[(mark + 1)...], of: "/?:@", allowsUnicode) else { return false }
            rest = rest[..<mark]
        }
        if rest.starts(with: "//".utf8) {
            rest = rest.dropFirst(2)
            let authority = rest.prefix { $0 != UInt8(ascii: "/") }
            guard isAuthority(authority, allowsUnicode) else { return false }
            rest = rest.dropFirst(authority.count)
        }
        return isMade(rest, of: "/:@", allowsUnicode)
    }

    private static func isScheme(_ text: ArraySlice<UInt8>) -> Bool {
        guard let first = text.first, (0x61...0x7A).contains(first | 0x20) else { return false }
        return text.allSatisfy { HostFormat.isAlphanumeric($0) || "+-.".utf8.contains($0) }
    }

    private static func isAuthority(_ text: ArraySlice<UInt8>, _ allowsUnicode: Bool) -> Bool {
        var host = text
        if let at = host.lastIndex(of: UInt8(ascii: "@")) {
            guard isMade(host[..<at], of: ":", allowsUnicode) else { return false }
            host = host[(at + 1)...]
        }
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let inner = host[(host.startIndex + 1)..<end]
            let isFuture = inner.first.map { $0 | 0x20 } == UInt8(ascii: "v")
            guard HostFormat.isIPv6(inner) || (isFuture && isMade(inner, of: ":", false)) else { return false }
            host = host[(end + 1)...]
            guard host.isEmpty || host.first == UInt8(ascii: ":") else { return false }
            return host.dropFirst().allSatisfy { $0 &- 0x30 < 10 }
        }
        if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
            guard host[(colon + 1)...].allSatisfy({ $0 &- 0x30 < 10 }) else { return false }
            host = host[..<colon]
        }
        return isMade(host, of: "", allowsUnicode)
    }

    /// Whether a text has only unreserved characters, sub-delimiters, escapes and the given ones.
    private static func isMade(_ text: ArraySlice<UInt8>, of others: String, _ allowsUnicode: Bool) -> Bool {
        var cursor = text.startIndex
        while cursor < text.endIndex {
            let byte = text[cursor]
            if byte == UInt8(ascii: "%") {
                guard cursor + 2 < text.endIndex, HostFormat.isHexadecimal(text[cursor + 1]),
                    HostFormat.isHexadecimal(text[cursor + 2])
                else { return false }
                cursor += 3
                continue
            }
            let isAllowed =
                HostFormat.isAlphanumeric(byte) || "-._~!$&'()*+,;=".utf8.contains(byte) || others.utf8.contains(byte)
                || (allowsUnicode && byte >= 0x80)
            guard isAllowed else { return false }
            cursor += 1
        }
        return true
    }

    /// RFC 6570: literals and expressions in braces.
    static func isTemplate(_ text: [UInt8]) -> Bool {
        var cursor = 0
        while cursor < text.count {
            switch text[cursor] {
            case UInt8(ascii: "{"):
                guard let end = text[cursor...].firstIndex(of: UInt8(ascii: "}")),
                    isExpression(text[(cursor + 1)..<end])
                else { return false }
                cursor = end + 1
            case UInt8(ascii: "%"):
                guard cursor + 2 < text.count, HostFormat.isHexadecimal(text[cursor + 1]),
                    HostFormat.isHexadecimal(text[cursor + 2])
                else { return false }
                cursor += 3
            case 0..<0x21, 0x7F, UInt8(ascii: "}"), UInt8(ascii: "\""), UInt8(ascii: "<"),
                UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"):
                return false
            default: cursor += 1
            }
        }
        return true
    }

    private static func isExpression(_ text: ArraySlice<UInt8>) -> Bool {
        let names = text.first.map { "+#./;?&=,!@|".utf8.contains($0) } == true ? text.dropFirst() : text
        return names.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).allSatisfy(isVariable)
    }

    private static func isVariable(_ text: ArraySlice<UInt8>) -> Bool {
        var name = text
        if name.last == UInt8(ascii: "*") {
            name = name.dropLast()
        } else if let colon = name.firstIndex(of: UInt8(ascii: ":")) {
            let length = name[(colon + 1)...]
            guard (1...4).contains(length.count), TimeFormat.number(length) != nil, length.first != 0x30 else {
                return false
            }
            name = name[..<colon]
        }
        // A dot stands between two other characters.
        return name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { part in
                !part.isEmpty && part.allSatisfy { HostFormat.isAlphanumeric($0) || "_%".utf8.contains($0) }
            }
    }

    /// RFC 9562 §4.
    static func isUUID(_ text: [UInt8]) -> Bool {
        guard text.count == 36 else { return false }
        return text.enumerated()
            .allSatisfy { index, byte in
                [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : HostFormat.isHexadecimal(byte)
            }
    }

    /// A count of levels to go up, with a pointer or `#` behind it.
    static func isRelativePointer(_ text: String) -> Bool {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits == "0" || digits.first != "0" else { return false }
        let rest = text.dropFirst(digits.count)
        return rest == "#" || JSONPointer(String(rest)) != nil
    }
}
