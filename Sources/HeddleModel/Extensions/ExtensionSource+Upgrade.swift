extension ExtensionSource {
    /// Where the next version comes from: the same place, whatever is there now.
    package var forUpgrade: ExtensionSource {
        switch self {
        case .archive(let path, _): .archive(path: path, sha256: nil)
        case .url(let url, _): .url(url, sha256: nil)
        case .command, .pypi, .npm, .directory: self
        }
    }

    /// Whether what comes from there has a version by itself.
    package var hasOwnVersion: Bool {
        switch self {
        case .command: false
        case .pypi, .npm, .archive, .url, .directory: true
        }
    }

    /// The same package of an index in one version; other sources have the version that they have.
    package func pinned(to version: SemanticVersion) -> ExtensionSource {
        switch self {
        case .pypi(var package):
            package.requirement = "\(package.requirement.prefix { !"<>=!~;@ \t(".contains($0) })==\(version)"
            return .pypi(package)
        case .npm(var package) where !package.package.hasPrefix("/"):
            // The first character may be the '@' of a scope.
            let name = package.package.prefix(1) + package.package.dropFirst().prefix { $0 != "@" }
            package.package = "\(name)@\(version)"
            return .npm(package)
        case .command, .npm, .archive, .url, .directory: return self
        }
    }
}
