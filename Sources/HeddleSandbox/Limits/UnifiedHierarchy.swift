import Glibc

/// Version 2 control groups, where one directory carries all controllers.
enum UnifiedHierarchy {
    private static let wanted = ["memory", "pids", "cpu"]

    /// Makes the directory for this server's groups and hands it the controllers; nil when they are not delegated.
    static func make(below place: String, _ name: String) -> ControlGroups.Hierarchy? {
        let offered = Set(words(place + "/cgroup.controllers"))
        let controllers = wanted.filter(offered.contains)
        guard controllers.contains("memory") || controllers.contains("pids") else { return nil }
        guard enable(controllers, in: place, name) else { return nil }
        let directory = place + "/" + name
        guard ControlGroups.makeDirectory(directory), enable(controllers, in: directory, nil) else { return nil }
        return ControlGroups.Hierarchy(controllers: Set(controllers), directory: directory, isUnified: true)
    }

    /// Enables controllers for the children of a group.
    ///
    /// A group other than the root that holds processes may not do that, so this server moves to a leaf first.
    private static func enable(_ controllers: [String], in directory: String, _ name: String?) -> Bool {
        let file = directory + "/cgroup.subtree_control"
        let enabled = Set(words(file))
        if controllers.allSatisfy(enabled.contains) { return true }
        let request = controllers.map { "+" + $0 }.joined(separator: " ")
        if ControlGroup.write(request, to: file) { return true }
        guard let name else { return false }
        let members = words(directory + "/cgroup.procs").compactMap { Int32($0) }
        // Other people's processes stay where they are.
        guard members == [getpid()] else { return false }
        let leaf = directory + "/" + name + "-server"
        guard ControlGroups.makeDirectory(leaf), ControlGroup.write("\(getpid())", to: leaf + "/cgroup.procs") else {
            return false
        }
        return ControlGroup.write(request, to: file)
    }

    private static func words(_ path: String) -> [String] {
        (ProcessTree.text(path) ?? "").split { $0 == " " || $0 == "\n" }.map(String.init)
    }
}
