import JSON

/// What npm calls the host, by which packages with compiled parts say where they run.
struct NodePlatform: Sendable {
    let system: String
    let processor: String
    let library: String

    static let host: NodePlatform = {
        #if arch(x86_64)
        let processor = "x64"
        #else
        let processor = "arm64"
        #endif
        return NodePlatform(system: "linux", processor: processor, library: "glibc")
    }()

    /// Whether an entry of a lock is for this host, by npm's rules.
    func runs(_ entry: JSONView) -> Bool {
        [("os", system), ("cpu", processor), ("libc", library)]
            .allSatisfy { name, value in entry.member(name).map { Self.allows($0, value) } ?? true }
    }

    /// A list names what is taken, or with an exclamation mark what is not.
    private static func allows(_ list: JSONView, _ value: String) -> Bool {
        let words = list.string.map { [$0] } ?? list.elements.compactMap(\.string)
        if words == ["any"] || words.isEmpty { return true }
        if words.contains("!" + value) { return false }
        return words.contains(value) || words.allSatisfy { $0.hasPrefix("!") }
    }
}
