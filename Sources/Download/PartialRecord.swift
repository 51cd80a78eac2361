import Crypto

/// What has to be known of a partial file to go on with it.
struct PartialRecord: Sendable, Hashable {
    private static let title = "heddle download 1"

    /// The SHA-256 of the URL that was asked for; the URL itself may hold a secret.
    let source: String
    /// The state of the file on the server.
    let validator: Validator?
    /// Bytes of the whole file, if known.
    var total: Int?
    /// When this machine started: after a power cut a file can have bytes that were never written.
    let boot: String

    /// A record of a download that begins.
    init(source: String, validator: Validator?, total: Int?, boot: String) {
        self.source = source
        self.validator = validator
        self.total = total
        self.boot = boot
    }

    /// Reads what ``text`` wrote; nothing when a line is missing or changed.
    init?(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 7, lines[6].isEmpty, lines[0] == Self.title else { return nil }
        let body = lines[..<5].joined(separator: "\n") + "\n"
        guard let source = Self.value("url", lines[1]), let state = Self.value("state", lines[2]),
            let total = Self.value("total", lines[3]), let boot = Self.value("boot", lines[4]),
            Self.value("check", lines[5]) == Self.check(body)
        else { return nil }
        let words = state.split(separator: " ", maxSplits: 1)
        let kind = words.first.flatMap { Validator.Kind(rawValue: String($0)) }
        guard words.count == 2, let kind, let validator = Validator(kind: kind, value: String(words[1])) else {
            return nil
        }
        self.init(source: source, validator: validator, total: ContentRange.number(total), boot: boot)
    }

    /// Lines with a checksum at the end.
    var text: String {
        let lines = [
            Self.title,
            "url \(source)",
            "state \(validator.map { "\($0.kind.rawValue) \($0.value)" } ?? "")",
            "total \(total.map(String.init) ?? "")",
            "boot \(boot)",
            "",
        ]
        let body = lines.joined(separator: "\n")
        return body + "check \(Self.check(body))\n"
    }

    private static func value(_ name: String, _ line: Substring) -> String? {
        line.hasPrefix(name + " ") ? String(line.dropFirst(name.count + 1)) : nil
    }

    private static func check(_ text: String) -> String {
        Hexadecimal.text(SHA256.hash(data: Array(text.utf8)))
    }
}
