/// Writes the smallest file that has what the loader looks at.
struct ELFSample {
    var interpreter: String?
    var needed: [String] = []
    var runPath: String?
    /// DT_RUNPATH, or 15 for the older DT_RPATH.
    var runPathTag = 29

    /// The file: a header, three segments, the dynamic table and its strings.
    var bytes: [UInt8] {
        var strings: [UInt8] = [0]
        func add(_ text: String) -> Int {
            defer { strings += Array(text.utf8) + [0] }
            return strings.count
        }
        let base = 0x40_0000
        var table: [(Int, Int)] = needed.map { (1, add($0)) }
        if let runPath { table.append((runPathTag, add(runPath))) }
        let interpreterText = Array((interpreter ?? "").utf8) + [0]
        let interpreterOffset = 64 + 3 * 56
        let tableOffset = interpreterOffset + interpreterText.count
        let stringOffset = tableOffset + (table.count + 3) * 16
        table += [(5, base + stringOffset), (10, strings.count), (0, 0)]
        let total = stringOffset + strings.count

        var result: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        result += number(3, 2) + number(62, 2) + number(1, 4) + number(0, 8) + number(64, 8) + number(0, 8)
        result += number(0, 4) + number(64, 2) + number(56, 2) + number(3, 2) + number(0, 6)
        func segment(_ kind: Int, _ offset: Int, _ size: Int) -> [UInt8] {
            number(kind, 4) + number(4, 4) + number(offset, 8) + number(base + offset, 8) + number(base + offset, 8)
                + number(size, 8) + number(size, 8) + number(8, 8)
        }
        result += segment(1, 0, total) + segment(2, tableOffset, table.count * 16)
        result += segment(interpreter == nil ? 0 : 3, interpreterOffset, interpreterText.count)
        result += interpreterText
        for (tag, value) in table { result += number(tag, 8) + number(value, 8) }
        return result + strings
    }

    private func number(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}
