import Glibc

/// What killed servers can leave behind.
enum Orphans {
    /// Ends inner bwraps that lost their outer one before they were tied to it.
    ///
    /// They wait for ever for its word, and have run nothing yet: the server and the outer process were killed within
    /// the microseconds in between.
    static func sweep() {
        for name in ProcessTree.entries("/proc") {
            guard let process = Int32(name), isFirstOfNamespace(process), isBwrap(process),
                let parent = ProcessTree.parent(of: process), !isBwrap(parent)
            else { continue }
            kill(process, SIGKILL)
        }
    }

    private static func isBwrap(_ process: Int32) -> Bool {
        let arguments = (ProcessTree.text("/proc/\(process)/cmdline") ?? "").split(separator: "\0")
        guard let bwrap = arguments.firstIndex(where: { $0 == "bwrap" || $0.hasSuffix("/bwrap") }) else { return false }
        return arguments[bwrap...].dropFirst().prefix(2) == ["--args", "\(ConfinedCommand.Slot.arguments)"]
    }

    private static func isFirstOfNamespace(_ process: Int32) -> Bool {
        let lines = (ProcessTree.text("/proc/\(process)/status") ?? "").split(separator: "\n")
        let numbers = lines.first { $0.hasPrefix("NSpid:") }?.split { $0 == "\t" || $0 == " " }.dropFirst() ?? []
        return numbers.count > 1 && numbers.last == "1"
    }
}
