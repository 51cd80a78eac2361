import Glibc

/// What `/proc` says about a process and everything below it.
enum ProcessTree {
    /// The children of a process, oldest first; empty when it is gone.
    static func children(of process: Int32) -> [Int32] {
        // The kernel lists children by the thread that made them.
        entries("/proc/\(process)/task")
            .flatMap { thread in
                (text("/proc/\(process)/task/\(thread)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
            }
    }

    /// A process and all below it.
    static func members(of root: Int32) -> [Int32] {
        var result = [root]
        var index = 0
        // The bound holds against a tree that grows while it is read.
        while index < result.count, result.count < 20_000 {
            result += children(of: result[index])
            index += 1
        }
        return result
    }

    /// Memory that the tree holds, in bytes, without what it could get back from files.
    ///
    /// Anonymous and shared memory, summed; pages that several processes have are counted once a process.
    static func residentMemory(of processes: [Int32]) -> Int {
        processes.reduce(0) { sum, process in
            let lines = (text("/proc/\(process)/status") ?? "").split(separator: "\n")
            let kilobytes = lines.filter { $0.hasPrefix("RssAnon:") || $0.hasPrefix("RssShmem:") }
                .compactMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } }
            return sum + kilobytes.reduce(0, +) * 1024
        }
    }

    /// The tree's memory in bytes with every shared page counted once; slow, so it only confirms.
    static func proportionalMemory(of processes: [Int32]) -> Int {
        processes.reduce(0) { sum, process in
            let line = (text("/proc/\(process)/smaps_rollup") ?? "").split(separator: "\n")
                .first { $0.hasPrefix("Pss:") }
            let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            return sum + kilobytes * 1024
        }
    }

    /// Processor time of processes that still run.
    static func processorTime(of processes: [Int32]) -> Duration {
        let perSecond = Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        let ticks = processes.reduce(Int64(0)) { sum, process in
            let fields = statFields(process)
            // Time of own and of collected children, in user and kernel.
            return fields.count > 16 ? sum + fields[11...14].reduce(0) { $0 + (Int64($1) ?? 0) } : sum
        }
        return .milliseconds(ticks * 1000 / perSecond)
    }

    /// The parent of a process; nil when the process is gone.
    static func parent(of process: Int32) -> Int32? {
        statFields(process).dropFirst().first.flatMap { Int32($0) }
    }

    /// When a process started, in clock ticks; tells two processes of one number apart.
    static func startTime(_ process: Int32) -> String? {
        let fields = statFields(process)
        return fields.count > 19 ? String(fields[19]) : nil
    }

    /// The fields of `stat` from the third on: the second is a name in parentheses that may hold anything.
    private static func statFields(_ process: Int32) -> [Substring] {
        guard let text = text("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }
}

extension ProcessTree {
    /// A small file's text, or nil.
    static func text(_ path: String) -> String? {
        let descriptor = Descriptor(open(path, O_RDONLY | O_CLOEXEC))
        guard descriptor.raw >= 0 else { return nil }
        var bytes: [UInt8] = []
        while true {
            let part = descriptor.read(atMost: 16_384)
            if part.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += part
        }
    }

    /// The names in a directory, or none.
    static func entries(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var result: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { result.append(name) }
        }
        return result
    }
}
