package import JSON

/// The `server.json` of the MCP Registry: what a server is, and the packages that it can be had as.
///
/// Reads the schemas of 2025-07-09 to 2025-12-11, with the older spelling of names (`registry_type`) and the newer one
/// (`registryType`), and the registry's own answers, which have the file inside of `server`.
package struct ServerDescription: Sendable, Hashable {
    /// Whether the registry still offers it.
    package enum Status: String, Sendable, CaseIterable {
        case active
        case deprecated
        /// It was taken back, usually since it does harm.
        case deleted
    }

    /// The name with its reversed domain, such as `io.github.user/weather`.
    package let name: String
    package let title: String?
    package let description: String
    /// As it is written; it need not be SemVer.
    package let version: String
    package let websiteURL: String?
    package let repositoryURL: String?
    package let status: Status
    package let packages: [ServerPackage]
    /// The pointers to the servers elsewhere that it names, which are not called.
    package let remotes: [String]
}

extension ServerDescription {
    private static let mostBytes = 1 << 20

    /// Reads a file.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON`, or with `invalidManifest` and all that is wrong.
    package init(parsing bytes: [UInt8]) throws(HeddleError) {
        guard bytes.count <= Self.mostBytes else {
            throw HeddleError(.invalidManifest, "a server.json has at most \(Self.mostBytes >> 20) MB")
        }
        try self.init(JSONFields(parsing: bytes, code: .invalidManifest).view)
    }

    /// Reads a file's object.
    ///
    /// - Throws: ``HeddleError`` with `invalidManifest` and all that is wrong.
    package init(_ root: JSONView) throws(HeddleError) {
        let isAnswer = root["name"] == nil && root["server"]?.kind == .object
        let view = isAnswer ? root["server"] ?? root : root
        let path = isAnswer ? "/server" : ""
        let sentence = "the server.json is not what it should be"
        var violations: [HeddleError.Violation] = []
        do throws(HeddleError) {
            try Self.schema.check(view, .invalidManifest, sentence)
        } catch {
            guard !error.violations.isEmpty else { throw error }
            violations = error.violations.map {
                .init(path: path + $0.path, keyword: $0.keyword, message: $0.message)
            }
        }
        var reader = ServerDescriptionReader()
        let found = reader.server(view, at: path, answer: isAnswer ? root : nil)
        violations += reader.violations
        guard violations.isEmpty, let found else {
            throw HeddleError(.invalidManifest, sentence, breaking: Array(violations.prefix(100)))
        }
        self = found
    }

    // MARK: What becomes of it

    /// A name for the extension by our rule.
    ///
    /// It is the part behind the `/`; where that says nothing (`com.example/mcp`), who made it comes before it.
    package var extensionName: ExtensionName {
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        let last = parts.last ?? name
        let says = !["mcp", "server", "mcp-server", "mcp_server", "mcpserver"].contains(last.lowercased())
        let maker = parts.first?.split(separator: ".").last.map(String.init) ?? ""
        return ExtensionName(like: says ? last : "\(maker)-\(last)")
    }

    /// The version as SemVer: `v1.2` is 1.2.0 and `2025.04.01` is 2025.4.1; nil when it means nothing there.
    package var semanticVersion: SemanticVersion? {
        if let exact = try? SemanticVersion(version) { return exact }
        var text = version[...]
        if text.first == "v" || text.first == "V" { text = text.dropFirst() }
        let core = text.prefix { $0 != "-" && $0 != "+" }
        let tail = text[core.endIndex...]
        var numbers: [String] = []
        for part in core.split(separator: ".", omittingEmptySubsequences: false) {
            guard !part.isEmpty, part.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let digits = part.drop { $0 == "0" }
            numbers.append(digits.isEmpty ? "0" : String(digits))
        }
        guard (1...3).contains(numbers.count) else { return nil }
        numbers += Array(repeating: "0", count: 3 - numbers.count)
        return try? SemanticVersion(numbers.joined(separator: ".") + tail)
    }

    /// The first package that can be installed here.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` and the reason of each that cannot.
    package func installable() throws(HeddleError) -> ServerPackage {
        guard status != .deleted else {
            throw HeddleError(
                .installationFailed,
                "'\(name)' was deleted from its registry and is not installed",
                details: ["status": status.rawValue]
            )
        }
        var reasons: [HeddleError.Violation] = []
        for package in packages {
            guard let reason = package.refusal else { return package }
            reasons.append(.init(path: package.path, keyword: "registryType", message: "cannot be used: \(reason)"))
        }
        for path in remotes {
            reasons.append(
                .init(
                    path: path,
                    keyword: "remotes",
                    message: "cannot be used: it is a remote server, which Heddle does not call yet"
                )
            )
        }
        guard !reasons.isEmpty else {
            throw HeddleError(.installationFailed, "'\(name)' offers no package")
        }
        throw HeddleError(.installationFailed, "'\(name)' offers nothing that can be installed here", breaking: reasons)
    }
}
