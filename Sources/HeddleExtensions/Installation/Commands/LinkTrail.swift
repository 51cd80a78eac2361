/// The names under which one file is reached, from the one that was given to the real one.
struct LinkTrail {
    /// Every spelling on the way; each has to exist inside the sandbox too.
    let names: [String]
    /// The spelling without any link.
    let real: String
    /// The spellings that are the file itself and no link to it.
    let ends: [String]

    /// Follows a path; nil when it leads nowhere or in a circle.
    init?(_ path: String) {
        var names: [String] = []
        var ends: [String] = []
        var current = path
        // The kernel follows 40 links as well.
        for _ in 0..<40 {
            guard let folder = HostFile.realPath(HostPath.parent(current)) else { return nil }
            let direct = folder == "/" ? "/" + HostPath.name(current) : folder + "/" + HostPath.name(current)
            let spellings = current == direct ? [current] : [current, direct]
            names += spellings
            guard let file = HostFile(direct, followingLinks: false) else { return nil }
            guard file.kind == .link, let target = HostFile.linkTarget(direct) else {
                ends += spellings
                (self.names, self.real, self.ends) = (names, direct, ends)
                return
            }
            // A `..` in the target is taken by the kernel from the real folder, and so is it here.
            current = Self.resolvingParents(HostPath.joined(folder, target))
        }
        return nil
    }

    private static func resolvingParents(_ path: String) -> String {
        guard path.split(separator: "/").contains("..") else { return HostPath.normalised(path) }
        guard let folder = HostFile.realPath(HostPath.parent(path)) else { return HostPath.normalised(path) }
        return HostPath.normalised(folder + "/" + HostPath.name(path))
    }
}
