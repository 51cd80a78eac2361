extension Grants {
    /// What other grants have beyond these, a line for each; what a process is told through variables is no grant.
    package func missing(for other: Grants) -> [String] {
        var lines: [String] = []
        if level == .process, other.level == .none { lines.append("runs without a sandbox") }
        lines += other.read.filter { !mayRead($0) }.map { "reads \($0)" }
        lines += other.write.filter { !write.contains($0) }.map { "reads and writes \($0)" }
        switch (network, other.network) {
        case (.publicInternet, _), (_, .none): break
        case (_, .publicInternet): lines.append("reaches the public internet")
        case (.none, .hosts(let hosts)): lines += hosts.map { "reaches \($0)" }
        case (.hosts(let known), .hosts(let hosts)):
            lines += hosts.filter { !known.contains($0) }.map { "reaches \($0)" }
        }
        lines += other.secrets.filter { secrets[$0.key] != $0.value }.map { "is told the secret in \($0.value)" }
            .sorted()
        return lines
    }

    /// Whether a path is among what may be read.
    ///
    /// What lies in a folder that may be written is not: the extension can have put a link there, to anything.
    private func mayRead(_ path: String) -> Bool {
        if read.contains(path) || write.contains(path) { return true }
        return read.contains { Self.covers($0, path) } && !write.contains { Self.covers($0, path) }
    }

    /// Whether a path is another or lies in it, as far as its text tells.
    private static func covers(_ folder: String, _ path: String) -> Bool {
        guard path != folder else { return true }
        return !path.split(separator: "/").contains("..")
            && path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }
}

extension ResourceLimits {
    /// Which of other limits are higher than these, a line for each.
    package func missing(for other: ResourceLimits) -> [String] {
        var lines: [String] = []
        func compare(_ name: String, _ mine: Int, _ others: Int) {
            if others > mine { lines.append("may use \(others) \(name) (\(mine) now)") }
        }
        compare("MB of memory", memoryBytes >> 20, other.memoryBytes >> 20)
        compare("processes", processes, other.processes)
        compare("open files", openFiles, other.openFiles)
        compare("MB a file", fileBytes >> 20, other.fileBytes >> 20)
        compare("MB of temporary files", temporaryBytes >> 20, other.temporaryBytes >> 20)
        compare("% of a processor", cpuPercent ?? .max, other.cpuPercent ?? .max)
        return lines
    }
}
