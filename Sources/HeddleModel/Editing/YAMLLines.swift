import JSON
import Yams

/// The lines of a YAML text, and drafts of changes to them; a draft may turn out to say something else.
struct YAMLLines {
    private typealias Line = [Unicode.Scalar]

    /// With their ends.
    private var lines: [Line] = []
    private let lineEnd: Line

    init(_ text: String) {
        var line: Line = []
        for scalar in text.unicodeScalars {
            line.append(scalar)
            guard scalar == "\n" else { continue }
            lines.append(line)
            line = []
        }
        if !line.isEmpty { lines.append(line) }
        lineEnd = lines.first?.suffix(2) == ["\r", "\n"] ? ["\r", "\n"] : ["\n"]
    }

    var text: String {
        var view = String.UnicodeScalarView()
        for line in lines { view.append(contentsOf: line) }
        return String(view)
    }

    // MARK: Drafts

    /// Another value in the place of one that stands on one line.
    func replacing(_ place: YAMLPlace, with value: JSONValue) -> YAMLLines? {
        guard let entry = place.entries.last else { return nil }
        var copy = self
        if let scalar = entry.value.scalar, scalar.string.isEmpty, scalar.style == .plain {
            guard let (line, end) = keyEnd(entry.key) else { return nil }
            copy.lines[line].insert(contentsOf: Self.scalars(" " + Self.inline(value)), at: end)
            return copy
        }
        guard let (line, start) = position(entry.value),
            let end = Self.end(of: lines[line], from: start, isInBraces: place.isInBraces)
        else { return nil }
        copy.lines[line].replaceSubrange(start..<end, with: Self.scalars(Self.inline(value)))
        return copy
    }

    /// Another value in the place of one that takes several lines.
    func rewriting(_ place: YAMLPlace, with value: JSONValue) -> YAMLLines? {
        guard !place.isInBraces, let entry = place.entries.last, let extent = extent(of: entry.key),
            let (line, end) = keyEnd(entry.key)
        else { return nil }
        var copy = self
        let new = lines[line][..<end] + Self.scalars(" " + Self.inline(value)) + lineEnd
        copy.lines.replaceSubrange(extent, with: [Array(new)])
        return copy
    }

    /// Without the lines of an entry.
    func removing(_ place: YAMLPlace) -> YAMLLines? {
        guard !place.isInBraces, let entry = place.entries.last, let extent = extent(of: entry.key) else { return nil }
        var copy = self
        copy.lines.removeSubrange(extent)
        return copy
    }

    /// With new lines after the last entry of the mapping that they belong to.
    func appending(_ place: YAMLPlace, _ value: JSONValue) -> YAMLLines? {
        guard !place.isInBraces else { return nil }
        guard let entry = place.entries.last else {
            return inserting(place, value, at: lines.count, indentation: childIndentation(place) ?? 0)
        }
        guard let extent = extent(of: entry.key), let (_, column) = position(entry.key) else { return nil }
        return inserting(place, value, at: extent.upperBound, indentation: childIndentation(place) ?? column + 2)
    }

    /// With new lines before the first entry of the mapping that they belong to.
    func insertingFirst(_ place: YAMLPlace, _ value: JSONValue) -> YAMLLines? {
        guard !place.isInBraces, let first = place.end?.mapping?.first?.key, let (line, column) = position(first) else {
            return nil
        }
        return inserting(place, value, at: line, indentation: column)
    }

    /// With a new entry after the brace that opens its mapping.
    func insertingInline(_ place: YAMLPlace, _ value: JSONValue) -> YAMLLines? {
        guard let end = place.end, let mapping = end.mapping, isInBraces(end), let (line, start) = position(end),
            let name = place.missing.first
        else { return nil }
        let inner = place.wrapped(value)[name] ?? .null
        var copy = self
        let entry = "\(name): \(Self.inline(inner))" + (mapping.isEmpty ? "" : ", ")
        copy.lines[line].insert(contentsOf: Self.scalars(entry), at: start + 1)
        return copy
    }

    private func inserting(_ place: YAMLPlace, _ value: JSONValue, at line: Int, indentation: Int) -> YAMLLines {
        var new: [Line] = []
        for (depth, name) in place.missing.enumerated() {
            let isLast = depth == place.missing.count - 1
            let blanks = String(repeating: " ", count: indentation + 2 * depth)
            new.append(Self.scalars("\(blanks)\(name):\(isLast ? " " + Self.inline(value) : "")") + lineEnd)
        }
        var copy = self
        if line > 0, copy.lines[line - 1].last != "\n" { copy.lines[line - 1] += lineEnd }
        copy.lines.insert(contentsOf: new, at: line)
        return copy
    }

    // MARK: Where things are

    /// Whether a mapping is written in braces; the parser's own word on it is not to be relied on.
    func isInBraces(_ mapping: Node) -> Bool { position(mapping).map { lines[$0.line][$0.column] == "{" } ?? false }

    private func position(_ node: Node) -> (line: Int, column: Int)? {
        guard let mark = node.mark, lines.indices.contains(mark.line - 1) else { return nil }
        let column = mark.column - 1
        return lines[mark.line - 1].indices.contains(column) ? (mark.line - 1, column) : nil
    }

    private func childIndentation(_ place: YAMLPlace) -> Int? {
        place.end?.mapping?.first.flatMap { position($0.key)?.column }
    }

    /// The place after the colon of a key.
    private func keyEnd(_ key: Node) -> (line: Int, end: Int)? {
        guard let (line, start) = position(key), let name = key.string else { return nil }
        let isQuoted = lines[line][start] == "\"" || lines[line][start] == "'"
        var end = start + name.unicodeScalars.count + (isQuoted ? 2 : 0)
        while end < lines[line].count, lines[line][end] == " " { end += 1 }
        guard end < lines[line].count, lines[line][end] == ":" else { return nil }
        return (line, end + 1)
    }

    /// The lines of a key and its value, as far as the indentation tells.
    private func extent(of key: Node) -> Range<Int>? {
        guard let (line, column) = position(key), lines[line][..<column].allSatisfy({ $0 == " " }) else { return nil }
        var end = line + 1
        for next in end..<max(end, lines.count) {
            let indentation = lines[next].prefix { $0 == " " }.count
            let rest = lines[next][indentation...]
            guard let first = rest.first, first != "\n", first != "\r", first != "#" else { continue }
            guard indentation > column || indentation == column && first == "-" else { break }
            end = next + 1
        }
        return line..<end
    }

    /// Where a value that begins on a line ends on it; nil when it does not.
    private static func end(of line: Line, from start: Int, isInBraces: Bool) -> Int? {
        switch line[start] {
        case "\"", "'": return endOfQuotes(line, start)
        case "[", "{": return endOfBraces(line, start)
        case "|", ">", "&", "*", "!": return nil
        default:
            var end = start
            while end < line.count, line[end] != "\n", line[end] != "\r" {
                if line[end] == "#", end > start, line[end - 1] == " " || line[end - 1] == "\t" { break }
                if isInBraces, ",]}".unicodeScalars.contains(line[end]) { break }
                end += 1
            }
            while end > start, line[end - 1] == " " || line[end - 1] == "\t" { end -= 1 }
            return end
        }
    }

    private static func endOfQuotes(_ line: Line, _ start: Int) -> Int? {
        var place = start + 1
        while place < line.count {
            if line[start] == "\"", line[place] == "\\" {
                place += 1
            } else if line[place] == line[start] {
                guard line[start] == "'", place + 1 < line.count, line[place + 1] == "'" else { return place + 1 }
                place += 1
            }
            place += 1
        }
        return nil
    }

    private static func endOfBraces(_ line: Line, _ start: Int) -> Int? {
        var (place, depth) = (start, 0)
        while place < line.count {
            switch line[place] {
            case "\"", "'":
                guard let end = endOfQuotes(line, place) else { return nil }
                place = end
                continue
            case "[", "{": depth += 1
            case "]", "}":
                depth -= 1
                if depth == 0 { return place + 1 }
            default: break
            }
            place += 1
        }
        return nil
    }

    // MARK: Writing

    private static func scalars(_ text: String) -> Line { Array(text.unicodeScalars) }

    /// A value on one line.
    private static func inline(_ value: JSONValue) -> String {
        switch value {
        case .null, .bool, .number: value.text
        case .string(let text): isPlain(text) ? text : value.text
        case .array(let elements): "[" + elements.map(inline).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.members.map { "\($0.name): \(inline($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// Whether a text reads as itself without quotes, wherever it stands.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, isLetter(first) || first == "/" else { return false }
        let isHarmless = text.unicodeScalars.allSatisfy {
            isLetter($0) || ("0"..."9").contains($0) || "/._-".unicodeScalars.contains($0)
        }
        return isHarmless && YAMLText.plain(text) == .string(text)
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }
}
