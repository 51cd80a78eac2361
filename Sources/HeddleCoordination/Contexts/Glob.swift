/// A pattern of names in which `*` stands for any text, `?` for any character, and `\` takes both at their word.
package struct Glob: Sendable {
    private enum Part {
        case any
        case one
        case literal(Character)
    }

    private let parts: [Part]

    package init(_ pattern: String) {
        var parts: [Part] = []
        var isEscaped = false
        for character in pattern {
            if isEscaped {
                parts.append(.literal(character))
                isEscaped = false
                continue
            }
            switch character {
            case "\\": isEscaped = true
            case "*": if case .any = parts.last {} else { parts.append(.any) }
            case "?": parts.append(.one)
            case _: parts.append(.literal(character))
            }
        }
        if isEscaped { parts.append(.literal("\\")) }
        self.parts = parts
    }

    /// The text that every match begins with, so that an index can be used.
    package var prefix: String {
        var prefix = ""
        for part in parts {
            guard case .literal(let character) = part else { break }
            prefix.append(character)
        }
        return prefix
    }

    /// Whether a name matches; takes at most the product of both lengths.
    package func matches(_ name: String) -> Bool {
        let text = Array(name)
        var (position, part) = (0, 0)
        var star: (part: Int, position: Int)?
        while position < text.count {
            if part < parts.count {
                switch parts[part] {
                case .any:
                    star = (part, position)
                    part += 1
                    continue
                case .one:
                    part += 1
                    position += 1
                    continue
                case .literal(let character) where character == text[position]:
                    part += 1
                    position += 1
                    continue
                case .literal: break
                }
            }
            // The last star takes one character more.
            guard let last = star else { return false }
            star = (last.part, last.position + 1)
            part = last.part + 1
            position = last.position + 1
        }
        while part < parts.count, case .any = parts[part] { part += 1 }
        return part == parts.count
    }
}
