package import HeddleClient

/// Tells which of the last lines are new since the last look.
package struct LogTail {
    private var seen: [LogLines.Line]

    package init(seen: [LogLines.Line]) { self.seen = seen }

    /// The lines after those that were seen already.
    package mutating func fresh(_ lines: [LogLines.Line]) -> [LogLines.Line] {
        defer { seen = lines.isEmpty ? seen : lines }
        // The new look starts somewhere among the old lines: the longest such overlap is what was seen.
        for overlap in stride(from: min(seen.count, lines.count), to: 0, by: -1)
        where seen.suffix(overlap).elementsEqual(lines.prefix(overlap)) {
            return Array(lines.dropFirst(overlap))
        }
        // The first look may have been shorter than this one.
        guard let last = seen.last, let index = lines.lastIndex(of: last) else { return lines }
        return Array(lines[(index + 1)...])
    }
}
