import HeddleModel

/// The mounts that a policy's paths become, outermost first.
struct MountPlan: Sendable {
    /// bwrap arguments that make missing directories, links and binds.
    let arguments: [String]

    /// Follows, checks and orders the paths of a policy.
    ///
    /// - Throws: `grantRefused` and `pathNotReadable`.
    init(policy: SandboxPolicy, layout: SystemLayout, rules: GrantRules) throws(HeddleError) {
        let readOnly = try Self.follow(policy.readOnlyPaths, isWritable: false, rules)
        let writable = try Self.follow(policy.writablePaths, isWritable: true, rules)
        for path in readOnly + writable { try rules.check(path, insideWritable: writable) }
        var binds: [String: Bool] = [:]
        for path in readOnly { binds[path.target] = false }
        for path in writable { binds[path.target] = true }

        var arguments: [String] = []
        var mounts = layout.mounts
        var places = layout.places
        // bwrap makes missing ancestors with mode 0700, which the process's user could not pass.
        func makeAncestors(of path: String) {
            for ancestor in HostPath.ancestors(path)
            where !mounts.contains(where: { HostPath.isInside(ancestor, $0) }) && places.insert(ancestor).inserted {
                arguments += ["--perms", "0755", "--dir", ancestor]
            }
        }
        let ordered = binds.sorted { Self.components($0.key).lexicographicallyPrecedes(Self.components($1.key)) }
        for (target, isWritable) in ordered {
            makeAncestors(of: target)
            arguments += [isWritable ? "--bind" : "--ro-bind", target, target]
            mounts.append(target)
        }
        for link in Set((readOnly + writable).flatMap(\.links)).sorted(by: { $0.path < $1.path })
        where !mounts.contains(where: { HostPath.isInside(link.path, $0) }) && places.insert(link.path).inserted {
            makeAncestors(of: link.path)
            arguments += ["--symlink", link.target, link.path]
        }
        self.arguments = arguments
    }

    private static func components(_ path: String) -> [Substring] {
        path.split(separator: "/")
    }

    private static func follow(
        _ paths: [String],
        isWritable: Bool,
        _ rules: GrantRules
    ) throws(HeddleError) -> [HostPath] {
        var result: [HostPath] = []
        for text in paths {
            guard text.hasPrefix("/"), !text.utf8.contains(0) else {
                throw HeddleError(.grantRefused, "a granted path is not absolute", details: ["path": text])
            }
            let path: HostPath
            do {
                path = try HostPath(following: text)
            } catch {
                throw rules.unreadable(text, isWritable: isWritable, cause: error)
            }
            try rules.check(path)
            try rules.checkAccess(path, isWritable: isWritable)
            result.append(path)
        }
        return result
    }
}
