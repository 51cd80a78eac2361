import FoundationEssentials
import Glibc

/// A process as `/proc` knows it; the start time tells it from a later one with the same id.
struct KnownProcess: Hashable {
    let processID: pid_t
    let startTime: String

    init?(_ processID: pid_t) {
        guard let fields = Self.fields(processID) else { return nil }
        self.processID = processID
        startTime = fields.startTime
    }

    /// Whether it still runs; a zombie does not.
    var isAlive: Bool {
        guard let fields = Self.fields(processID) else { return false }
        return fields.startTime == startTime && fields.state != "Z" && fields.state != "X"
    }

    static func parent(of processID: pid_t) -> pid_t? { fields(processID)?.parent }

    private static func fields(_ processID: pid_t) -> (state: String, parent: pid_t, startTime: String)? {
        let text = readText("/proc/\(processID)/stat")
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ").map(String.init)
        guard fields.count > 19, let parent = pid_t(fields[1]) else { return nil }
        return (fields[0], parent, fields[19])
    }
}

/// What runs on this machine.
enum ProcessTable {
    static var all: [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }

    /// Children, their children and so on.
    static func descendants(of processID: pid_t) -> [KnownProcess] {
        var children: [pid_t: [pid_t]] = [:]
        for process in all {
            if let parent = KnownProcess.parent(of: process) { children[parent, default: []].append(process) }
        }
        var found: [pid_t] = []
        var next = children[processID] ?? []
        while let process = next.popLast() {
            found.append(process)
            next += children[process] ?? []
        }
        return found.compactMap(KnownProcess.init)
    }

    /// The arguments of a process.
    static func arguments(of processID: pid_t) -> [String] {
        readText("/proc/\(processID)/cmdline").split(separator: "\0").map(String.init)
    }

    /// The processes that run the program at this path, by their first argument.
    static func running(_ program: String) -> [pid_t] {
        all.filter { arguments(of: $0).first == program }
    }
}

extension [KnownProcess] {
    /// Whether none of them runs any more.
    var areGone: Bool { !contains(where: \.isAlive) }
}
