import HeddleModel

/// Finds the folder that a script needs to run.
struct ProjectFolder: Sendable {
    private static let markers = ["package.json", "pyproject.toml", ".git"]

    let rules: GrantRules

    /// The folders for one spelling of a script's path.
    ///
    /// - Throws: ``HeddleError`` with `grantRefused` when the script lies loose in a folder that holds much more.
    func folders(forScript path: String) throws(HeddleError) -> [String] {
        let folder = HostPath.parent(path)
        if HostPath.isAlwaysThere(folder) { return [] }
        // Packages that npm installed need their neighbours, which lie in the outermost `node_modules`.
        let ancestry = HostPath.ancestry(folder)
        if let modules = ancestry.last(where: { HostPath.name($0) == "node_modules" }), !rules.isTooBroad(modules) {
            return [modules]
        }
        // A marker in a home directory, such as the `.git` of dotfiles, says nothing about the script.
        let candidates = ancestry.prefix { !rules.isTooBroad($0) }
        let root = candidates.first { candidate in
            Self.markers.contains { HostFile(candidate + "/" + $0) != nil }
        }
        if let root { return [root] + hoistedModules(above: root) }
        guard !rules.isTooBroad(folder) else { throw refusal(path) }
        return [folder]
    }

    /// The modules of the workspace that a package without modules of its own belongs to.
    private func hoistedModules(above root: String) -> [String] {
        guard HostFile.isRegular(root + "/package.json"), !HostFile.isFolder(root + "/node_modules") else { return [] }
        let above = HostPath.ancestry(HostPath.parent(root)).prefix { !rules.isTooBroad($0) }
        return above.map { $0 + "/node_modules" }.first(where: HostFile.isFolder).map { [$0] } ?? []
    }

    private func refusal(_ path: String) -> HeddleError {
        HeddleError(
            .grantRefused,
            "'\(HostPath.name(path))' lies in a folder that is never granted as a whole; put it into a folder of its own",
            details: ["path": path, "folder": HostPath.parent(path)]
        )
    }
}
