import Glibc
import HeddleModel
import Synchronization

/// Where this server may make control groups, found once; version 1 hierarchies or the unified one.
final class ControlGroups: Sendable {
    /// One controller, or all of them where they share a hierarchy.
    struct Hierarchy: Sendable, Hashable {
        let controllers: Set<String>
        /// The directory that holds this server's groups.
        let directory: String
        let isUnified: Bool
    }

    let hierarchies: [Hierarchy]
    /// Shared by all sandboxes of the process, whose groups lie beside each other.
    private static let counter = Atomic<Int>(0)

    /// Finds or makes the directories; nil when there is neither a memory nor a process limit to be had.
    init?(name: String) {
        let own = Self.ownGroups()
        var hierarchies: [Hierarchy] = []
        for controller in ["memory", "pids", "cpu", "cpuacct"] {
            guard let place = own[controller] else { continue }
            let directory = place + "/" + name
            guard Self.makeDirectory(directory), access(directory + "/cgroup.procs", W_OK) == 0 else { continue }
            // cpu and cpuacct are mostly mounted as one.
            let known = hierarchies.firstIndex { $0.directory == directory }
            let controllers = (known.map { hierarchies.remove(at: $0).controllers } ?? []).union([controller])
            hierarchies.append(Hierarchy(controllers: controllers, directory: directory, isUnified: false))
        }
        if hierarchies.isEmpty {
            // A login session's group holds other people's processes and cannot have groups below it; root may then
            // make one at the top, as it does by hand.
            let places = [own["unified"]] + (geteuid() == 0 ? [own["unified-top"]] : [])
            hierarchies = places.lazy.compactMap(\.self).compactMap { UnifiedHierarchy.make(below: $0, name) }.prefix(1)
                .map(\.self)
        }
        let controllers = hierarchies.reduce(into: Set<String>()) { $0.formUnion($1.controllers) }
        guard controllers.contains("memory") || controllers.contains("pids") else { return nil }
        self.hierarchies = hierarchies
    }

    var limitsProcessor: Bool { hierarchies.contains { $0.controllers.contains("cpu") } }
    var limitsMemory: Bool { hierarchies.contains { $0.controllers.contains("memory") } }
    var limitsProcesses: Bool { hierarchies.contains { $0.controllers.contains("pids") } }

    /// Makes the group of one process with its limits set.
    func make(_ limits: ResourceLimits) throws(SystemCallError) -> ControlGroup {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        // A group that only bounds the processor is not worth its cost without a bound.
        let needed = hierarchies.filter { limits.cpuPercent != nil || $0.controllers != ["cpu"] }
        return try ControlGroup(name: "\(Self.serverName).\(number)", in: needed, limits: limits)
    }

    /// Removes the groups of servers that are gone, with whatever still runs in them.
    func sweep() {
        for hierarchy in hierarchies {
            for name in ProcessTree.entries(hierarchy.directory) where Self.isStale(name) {
                let directory = hierarchy.directory + "/" + name
                for process in (ProcessTree.text(directory + "/cgroup.procs") ?? "").split(separator: "\n") {
                    if let process = Int32(process) { kill(process, SIGKILL) }
                }
                rmdir(directory)
            }
        }
    }
}

extension ControlGroups {
    /// `pid-starttime`: the start time tells this server from an earlier one with its number.
    private static let serverName = "\(getpid())-\(ProcessTree.startTime(getpid()) ?? "0")"

    private static func isStale(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        guard parts.count == 2 else { return false }
        let server = parts[0].split(separator: "-")
        guard server.count == 2, let process = Int32(server[0]) else { return false }
        return ProcessTree.startTime(process) != String(server[1])
    }

    static func makeDirectory(_ path: String) -> Bool {
        mkdir(path, 0o755) == 0 || errno == EEXIST
    }

    /// The directory of this server's own group, by controller; `unified` for version 2.
    private static func ownGroups() -> [String: String] {
        var groups: [String: String] = [:]
        for line in (ProcessTree.text("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].isEmpty ? ["unified"] : parts[1].split(separator: ",") {
                groups[String(controller)] = String(parts[2])
            }
        }
        var result: [String: String] = [:]
        for (controllers, mountPoint, root) in mounts() {
            if controllers == ["unified"] { result["unified-top"] = mountPoint }
            for controller in controllers {
                guard let group = groups[controller] else { continue }
                // In a container the mount shows a part of the hierarchy, while the file names the whole.
                let relative = root != "/" && group.hasPrefix(root) ? String(group.dropFirst(root.count)) : group
                let place = HostPath.normalized(mountPoint + "/" + relative)
                result[controller] = access(place, F_OK) == 0 ? place : mountPoint
            }
        }
        return result
    }

    /// Mounted hierarchies: their controllers, where they are, and which part of the hierarchy they show.
    private static func mounts() -> [(controllers: [String], mountPoint: String, root: String)] {
        (ProcessTree.text("/proc/self/mountinfo") ?? "").split(separator: "\n")
            .compactMap { line in
                let halves = line.split(separator: " ")
                guard let dash = halves.firstIndex(of: "-"), halves.count > dash + 3, halves.count > 4 else {
                    return nil
                }
                let (root, point) = (String(halves[3]), String(halves[4]))
                switch halves[dash + 1] {
                case "cgroup2": return (["unified"], point, root)
                case "cgroup": return (halves[dash + 3].split(separator: ",").map(String.init), point, root)
                default: return nil
                }
            }
    }
}
