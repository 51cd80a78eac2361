import Glibc
import HeddleModel

/// The control group of one confined process, in every hierarchy there is.
struct ControlGroup: Sendable {
    private let places: [(hierarchy: ControlGroups.Hierarchy, directory: String)]

    /// Makes the group and sets its limits.
    init(
        name: String,
        in hierarchies: [ControlGroups.Hierarchy],
        limits: ResourceLimits
    ) throws(SystemCallError) {
        var places: [(hierarchy: ControlGroups.Hierarchy, directory: String)] = []
        do throws(SystemCallError) {
            for hierarchy in hierarchies {
                let directory = hierarchy.directory + "/" + name
                guard mkdir(directory, 0o755) == 0 else { throw SystemCallError("mkdir \(directory)") }
                places.append((hierarchy, directory))
                for setting in Self.settings(limits, hierarchy)
                where !Self.write(setting.value, directory, setting.file) {
                    if setting.isRequired { throw SystemCallError("write \(directory)/\(setting.file)") }
                }
            }
        } catch {
            for place in places { rmdir(place.directory) }
            throw error
        }
        self.places = places
    }

    /// Moves a process here; its later children follow.
    func add(_ process: Int32) throws(SystemCallError) {
        for place in places where !Self.write("\(process)", place.directory, "cgroup.procs") {
            throw SystemCallError("write \(place.directory)/cgroup.procs")
        }
    }

    /// Removes the group.
    ///
    /// - Returns: false while the kernel still counts a process in it.
    func remove() -> Bool {
        places.reduce(true) { result, place in
            (rmdir(place.directory) == 0 || errno == ENOENT) && result
        }
    }

    /// Whether the kernel ended a process here for want of memory.
    var wasOutOfMemory: Bool {
        let events = text("memory", v1: "memory.oom_control", unified: "memory.events")
        return events.split(separator: "\n").contains { $0.hasPrefix("oom_kill ") && !$0.hasSuffix(" 0") }
    }

    /// Memory in use, in bytes, with the files that only live in memory.
    var memoryBytes: Int? {
        number(text("memory", v1: "memory.usage_in_bytes", unified: "memory.current"))
    }

    /// Processor time of all processes that were ever here.
    var processorTime: Duration? {
        if let nanoseconds = number(text("cpuacct", v1: "cpuacct.usage", unified: nil)) {
            return .nanoseconds(nanoseconds)
        }
        let line = text("cpu", v1: nil, unified: "cpu.stat").split(separator: "\n")
            .first { $0.hasPrefix("usage_usec ") }
        return line.flatMap { number($0.dropFirst("usage_usec ".count)) }.map { .microseconds($0) }
    }
}

extension ControlGroup {
    private struct Setting {
        let file: String
        let value: String
        var isRequired = true
    }

    private static func settings(_ limits: ResourceLimits, _ hierarchy: ControlGroups.Hierarchy) -> [Setting] {
        var result: [Setting] = []
        let controllers = hierarchy.controllers
        if controllers.contains("memory") {
            let bytes = "\(limits.memoryBytes)"
            // Swap has a limit of its own, which a kernel without swap accounting lacks.
            result +=
                hierarchy.isUnified
                ? [
                    Setting(file: "memory.max", value: bytes),
                    Setting(file: "memory.swap.max", value: "0", isRequired: false),
                ]
                : [
                    Setting(file: "memory.limit_in_bytes", value: bytes),
                    Setting(file: "memory.memsw.limit_in_bytes", value: bytes, isRequired: false),
                ]
        }
        if controllers.contains("pids") {
            // bwrap's reaper is one of them.
            result.append(Setting(file: "pids.max", value: "\(limits.processes + 1)"))
        }
        if controllers.contains("cpu"), let percent = limits.cpuPercent {
            let quota = max(percent, 1) * 1000
            result.append(
                hierarchy.isUnified
                    ? Setting(file: "cpu.max", value: "\(quota) 100000")
                    : Setting(file: "cpu.cfs_quota_us", value: "\(quota)")
            )
        }
        return result
    }

    private func text(_ controller: String, v1: String?, unified: String?) -> String {
        guard let place = places.first(where: { $0.hierarchy.controllers.contains(controller) }),
            let file = place.hierarchy.isUnified ? unified : v1
        else { return "" }
        return ProcessTree.text(place.directory + "/" + file) ?? ""
    }

    private func number(_ text: some StringProtocol) -> Int? {
        Int(String(text.prefix { $0.isNumber }))
    }

    private static func write(_ value: String, _ directory: String, _ file: String) -> Bool {
        write(value, to: directory + "/" + file)
    }

    /// Writes one value to one file of the kernel.
    static func write(_ value: String, to path: String) -> Bool {
        let descriptor = Descriptor(open(path, O_WRONLY | O_CLOEXEC))
        guard descriptor.raw >= 0 else { return false }
        let bytes = Array(value.utf8)
        return Glibc.write(descriptor.raw, bytes, bytes.count) == bytes.count
    }
}
