/// Host names, addresses and e-mail addresses.
enum HostFormat {
    static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.count), let number = TimeFormat.number(part), number < 256 else {
                    return false
                }
                return part.count == 1 || part.first != UInt8(ascii: "0")
            }
    }

    /// RFC 4291 §2.2, without a zone.
    static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
        let colon = UInt8(ascii: ":")
        let gap = text.indices.first { text[$0] == colon && $0 + 1 < text.endIndex && text[$0 + 1] == colon }
        guard let gap else { return groups(text, mayEndInIPv4: true) == 8 }
        guard let left = groups(text[..<gap], mayEndInIPv4: false),
            let right = groups(text[(gap + 2)...], mayEndInIPv4: true)
        else { return false }
        return left + right < 8
    }

    /// Groups of 16 bits between single colons; nil when something else is there.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> Int? {
        guard !text.isEmpty else { return 0 }
        var parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var count = 0
        if mayEndInIPv4, let last = parts.last, last.contains(UInt8(ascii: ".")) {
            guard isIPv4(last) else { return nil }
            parts.removeLast()
            count = 2
        }
        guard parts.allSatisfy({ (1...4).contains($0.count) && $0.allSatisfy(isHexadecimal) }) else { return nil }
        return count + parts.count
    }

    static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// RFC 1123 §2.1; with Unicode, labels of letters, marks and digits.
    static func isHostname(_ text: ArraySlice<UInt8>, allowsUnicode: Bool) -> Bool {
        guard !text.isEmpty, text.count <= 253 else { return false }
        return text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-")
                else { return false }
                let hyphens = label.dropFirst(2).prefix(2).elementsEqual("--".utf8)
                if hyphens { return label.prefix(2).map { $0 | 0x20 }.elementsEqual("xn".utf8) && label.count > 4 }
                return label.allSatisfy {
                    isAlphanumeric($0) || $0 == UInt8(ascii: "-") || (allowsUnicode && $0 >= 0x80)
                }
            }
    }

    /// RFC 5321 §4.1.2.
    static func isEmail(_ text: [UInt8], allowsUnicode: Bool) -> Bool {
        guard let at = text.lastIndex(of: UInt8(ascii: "@")) else { return false }
        let (local, domain) = (text[..<at], text[(at + 1)...])
        guard isLocalPart(local, allowsUnicode: allowsUnicode) else { return false }
        guard domain.first == UInt8(ascii: "["), domain.last == UInt8(ascii: "]") else {
            return isHostname(domain, allowsUnicode: allowsUnicode)
        }
        let address = domain.dropFirst().dropLast()
        guard address.prefix(5).elementsEqual("IPv6:".utf8) else { return isIPv4(address) }
        return isIPv6(address.dropFirst(5))
    }

    private static func isLocalPart(_ text: ArraySlice<UInt8>, allowsUnicode: Bool) -> Bool {
        guard !text.isEmpty, text.count <= 64 else { return false }
        if text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\""), text.count > 1 {
            return text.dropFirst().dropLast().allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") }
        }
        return text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { atom in
                !atom.isEmpty
                    && atom.allSatisfy {
                        isAlphanumeric($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) || (allowsUnicode && $0 >= 0x80)
                    }
            }
    }
}
