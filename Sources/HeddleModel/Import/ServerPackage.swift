/// One of the packages that a `server.json` offers, as far as it could be read.
package struct ServerPackage: Sendable, Hashable {
    /// The JSON pointer to it in the file.
    package let path: String
    /// Such as `pypi`, `npm`, `mcpb`, `oci` or `nuget`.
    package let registry: String
    /// The name of the package, or the address of a bundle.
    package let identifier: String
    package let version: String?
    /// What the file has to hash to.
    package let sha256: String?
    /// The index that it comes from, when the file says so.
    package let registryURL: String?
    /// The program that clients would start it with, such as `npx`.
    package let runtimeHint: String?
    package let transport: String
    package let runtimeArguments: [ServerSetting]
    package let arguments: [ServerSetting]
    package let environment: [ServerSetting]

    /// What somebody can give values for, each once; it is required or secret when it is in one of its places.
    package var inputs: [ServerInput] {
        var places: [String: Int] = [:]
        var result: [ServerInput] = []
        for input in (environment + runtimeArguments + arguments).flatMap(\.open) {
            if let place = places[input.key] {
                result[place].isRequired = result[place].isRequired || input.isRequired
                result[place].isSecret = result[place].isSecret || input.isSecret
            } else {
                places[input.key] = result.count
                result.append(input)
            }
        }
        return result
    }

    /// Why it cannot be installed here; nil when it can.
    package var refusal: String? {
        switch registry {
        case "pypi":
            byNameRefusal("PyPI", from: "https://pypi.org", isName: Self.isPythonName, isVersion: Self.isPythonVersion)
        case "npm":
            byNameRefusal("npm", from: "https://registry.npmjs.org", isName: Self.isNodeName) {
                (try? SemanticVersion($0)) != nil
            }
        case "mcpb": transportRefusal ?? bundleRefusal
        case "oci": "it is a container image; add the program inside of the image by itself"
        case "nuget": "it is a package of NuGet, which needs .NET and is not installed here"
        default: "packages of '\(registry.clipped(60))' are not installed here"
        }
    }

    private var transportRefusal: String? {
        transport == "stdio"
            ? nil
            : "it is called over '\(transport.clipped(40))', and Heddle talks to programs over standard input and output"
    }

    private func byNameRefusal(
        _ title: String,
        from index: String,
        isName: (String) -> Bool,
        isVersion: (String) -> Bool
    ) -> String? {
        if let transportRefusal { return transportRefusal }
        guard isName(identifier) else { return "'\(identifier.clipped(80))' is not a package of \(title) by its name" }
        if let registryURL, registryURL != index, registryURL != index + "/" {
            return "it comes from '\(registryURL.clipped(80))', and the server is told where packages come from"
        }
        guard let version else { return "it names no version, and only an exact one is installed" }
        guard isVersion(version) else { return "'\(version.clipped(60))' is not an exact version of \(title)" }
        // The installers check what the index says, not this one; whoever asks for it has to get it.
        guard sha256 == nil else { return "it asks for a hash of its file, which is only checked of bundles" }
        return nil
    }

    private var bundleRefusal: String? {
        guard Self.isAddress(identifier) else {
            return "'\(identifier.clipped(80))' is not an https address of a bundle"
        }
        guard sha256 != nil else { return "it has no hash ('fileSha256'), without which a bundle may be any" }
        guard runtimeArguments.isEmpty else {
            return "it gives arguments to '\((runtimeHint ?? "a runtime").clipped(40))', which its bundle decides on"
        }
        return nil
    }

    // MARK: Texts

    private static func isPythonName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.first.map(isAlphanumeric) == true
            && text.utf8.last.map(isAlphanumeric) == true
            && text.utf8.allSatisfy { isAlphanumeric($0) || isMark($0) }
    }

    /// A name of npm, with or without a scope.
    private static func isNodeName(_ text: String) -> Bool {
        guard (1...214).contains(text.utf8.count) else { return false }
        var name = text[...]
        if text.hasPrefix("@") {
            let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, isNodePart(parts[0]) else { return false }
            name = parts[1]
        }
        return isNodePart(name)
    }

    private static func isNodePart(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first) || first == UInt8(ascii: "~") else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || isMark($0) || $0 == UInt8(ascii: "~") }
    }

    private static func isPythonVersion(_ text: String) -> Bool {
        guard text.utf8.count <= 128, let first = text.utf8.first, (0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || isMark($0) || [0x21, 0x2B].contains($0) }
    }

    private static func isAddress(_ text: String) -> Bool {
        let start = "https://"
        guard text.hasPrefix(start), text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            return false
        }
        let host = text.dropFirst(start.count).prefix { !"/?#".contains($0) }
        return !host.isEmpty && host.utf8.allSatisfy { isAlphanumeric($0) || [0x2D, 0x2E, 0x3A].contains($0) }
            && !text.contains { "{}\"<>\\^`|#".contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isMark(_ byte: UInt8) -> Bool { [0x2D, 0x2E, 0x5F].contains(byte) }
}
