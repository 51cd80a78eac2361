/// Rows under headings, aligned with spaces.
package struct Table: Sendable {
    package let headings: [String]
    package let rows: [[String]]

    package init(headings: [String], rows: [[String]]) {
        self.headings = headings
        self.rows = rows
    }

    /// The lines of the table.
    ///
    /// The last column takes what the others leave of `columns`; nil, for a pipe, cuts nothing.
    package func rendered(columns: Int?) -> String {
        let cells = ([headings] + rows).map { $0.map(DisplayText.cell) }
        var widths = [Int](repeating: 0, count: headings.count)
        for row in cells {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], DisplayText.width(cell))
            }
        }
        let before = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        let last = columns.map { max($0 - before, 12) }
        return cells.map { line($0, widths, last) }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int], _ last: Int?) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            if index == widths.count - 1 {
                line += last.map { DisplayText.truncated(cell, to: $0) } ?? cell
            } else {
                line += cell + String(repeating: " ", count: widths[index] - DisplayText.width(cell) + 2)
            }
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}
