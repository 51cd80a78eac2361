import HeddleModel

/// A version that is installed and waits until somebody accepts what is new in it; the old one serves meanwhile.
package final class PendingVersion: Sendable {
    /// The version as it will be.
    package let entry: RegisteredExtension
    /// What it asks for that the current version does not have, in words.
    package let newPermissions: [String]
    /// Tools that are new, gone or described differently; empty while its permissions wait, since it has not run yet.
    package let toolChanges: [ToolComparison.Change]

    init(_ entry: RegisteredExtension, after current: RegisteredExtension) {
        self.entry = entry
        newPermissions = current.permissionsMissing(for: entry)
        toolChanges =
            entry.revision == nil ? [] : ToolComparison.changes(accepted: current.tools, offered: entry.tools)
    }

    /// Whether it has run, with the permissions that it asks for.
    package var wasTried: Bool { entry.revision != nil }
}

extension RegisteredExtension {
    /// What another version asks for that this one does not have, in words.
    func permissionsMissing(for next: RegisteredExtension) -> [String] {
        var lines = grants.missing(for: next.grants) + manifest.resources.missing(for: next.manifest.resources)
        lines += readsMissing(for: next).map { "reads \($0) to run" }
        if !signature.isEmpty, next.signature != signature { lines.append("is no longer \(signature)") }
        return lines
    }

    /// What the program of another version needs of the host and this one's does not.
    ///
    /// The programs of packages and archives have no say in that; those of the host and of folders have.
    private func readsMissing(for next: RegisteredExtension) -> [String] {
        let own: String
        switch next.source {
        case .pypi, .npm, .archive, .url: return []
        case .directory(let folder): own = HostPath.normalised(folder)
        case .command: own = ""
        }
        let known = (resolved?.readOnlyPaths ?? []) + grants.read + grants.write
        return (next.resolved?.readOnlyPaths ?? [])
            .filter { path in
                !HostPath.isAlwaysThere(path) && !(own != "" && HostPath.isInside(path, own))
                    && !known.contains { HostPath.isInside(path, $0) }
            }
    }
}
