/// What people and logs are shown instead of secrets.
enum SecretMask {
    private static let mask = "***"
    private static let secretParameters = ["password", "passwd", "pwd", "secret", "token", "key", "credential"]

    /// The value of a setting as it may be shown.
    static func shown(_ value: String, of option: ConfigurationOption) -> String {
        if option.isSecret { return value.isEmpty ? "" : mask }
        guard case .list = option.kind else { return shown(value) }
        return value.split(separator: ",", omittingEmptySubsequences: false).map { shown(String($0)) }
            .joined(separator: ",")
    }

    /// A text in which, if it is a URL, neither the password nor parameters that sound secret can be read.
    static func shown(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var result = String(text[..<scheme.upperBound])
        if let at = rest[..<end].lastIndex(of: "@") {
            let user = rest[..<at]
            result += user.firstIndex(of: ":").map { user[...$0] + mask } ?? user
            result += rest[at..<end]
        } else {
            result += rest[..<end]
        }
        return result + parameters(rest[end...])
    }

    private static func parameters(_ tail: Substring) -> String {
        guard let start = tail.firstIndex(of: "?") else { return String(tail) }
        let parts = tail[tail.index(after: start)...].split(separator: "&", omittingEmptySubsequences: false)
        let shown = parts.map { part -> String in
            guard let equals = part.firstIndex(of: "=") else { return String(part) }
            let name = part[..<equals].lowercased()
            return secretParameters.contains { name.contains($0) } ? part[...equals] + mask : String(part)
        }
        return tail[...start] + shown.joined(separator: "&")
    }
}
