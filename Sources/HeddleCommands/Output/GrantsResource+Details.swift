import HeddleClient

extension GrantsResource {
    /// What is allowed, name by name.
    var details: [(name: String, value: String)] {
        let network =
            if isPublicInternet {
                "the public internet"
            } else {
                hosts.isEmpty ? "none" : hosts.joined(separator: "\n")
            }
        return [
            ("sandbox", level == "none" ? "NONE: it sees this machine as the server does" : level),
            ("may read", read.isEmpty ? "nothing more" : read.joined(separator: "\n")),
            ("may write", write.isEmpty ? "nothing" : write.joined(separator: "\n")),
            ("network", network),
            ("environment", environment.isEmpty ? "nothing" : environment.joined(separator: ", ")),
            ("secrets", secrets.map { "\($0.name) from \($0.file)" }.joined(separator: "\n")),
            ("starts in", workingDirectory ?? ""),
        ]
    }
}
