/// Reads the text format of Prometheus, version 0.0.4, and refuses what it does not allow.
struct ExpositionParser {
    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: String
    }

    struct Family {
        var help: String?
        var type: String?
        var samples: [Sample] = []
    }

    struct Malformed: Error {
        let line: String
        let reason: String
    }

    private(set) var families: [String: Family] = [:]
    /// The families in the order in which they came.
    private(set) var order: [String] = []

    init(_ text: String) throws(Malformed) {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(line: "", reason: "no line feed at the end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ") {
                try comment(String(line))
            } else {
                try sample(String(line))
            }
        }
        for name in order { try check(name) }
    }

    private mutating func comment(_ line: String) throws(Malformed) {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        let name = parts[2]
        if order.last != name {
            guard families[name] == nil else { throw Malformed(line: line, reason: "the family has gone on elsewhere") }
            order.append(name)
            families[name] = Family()
        }
        guard parts.count == 4, families[name]?.samples.isEmpty == true else {
            throw Malformed(line: line, reason: "late")
        }
        if parts[1] == "HELP" {
            guard families[name]?.help == nil else { throw Malformed(line: line, reason: "a second HELP") }
            let help = try unescape(Array(parts[3]), line, quotes: false)
            families[name]?.help = help
        } else {
            guard families[name]?.type == nil, ["counter", "gauge", "histogram"].contains(parts[3]) else {
                throw Malformed(line: line, reason: "TYPE")
            }
            families[name]?.type = parts[3]
        }
    }

    private mutating func sample(_ line: String) throws(Malformed) {
        let characters = Array(line)
        var place = characters.firstIndex { !Self.isNamePart($0) } ?? characters.count
        let name = String(characters[..<place])
        guard let first = name.first, !first.isNumber else { throw Malformed(line: line, reason: "a name") }
        var labels: [String: String] = [:]
        if place < characters.count, characters[place] == "{" {
            place += 1
            while place < characters.count, characters[place] != "}" {
                guard let equals = characters[place...].firstIndex(of: "="), characters[equals + 1] == "\"" else {
                    throw Malformed(line: line, reason: "a label")
                }
                let label = String(characters[place..<equals])
                guard !label.isEmpty, label.allSatisfy({ Self.isNamePart($0) && $0 != ":" }), labels[label] == nil
                else {
                    throw Malformed(line: line, reason: "the name of a label")
                }
                var end = equals + 2
                while end < characters.count, characters[end] != "\"" { end += characters[end] == "\\" ? 2 : 1 }
                guard end < characters.count else { throw Malformed(line: line, reason: "an open quotation mark") }
                labels[label] = try unescape(Array(characters[(equals + 2)..<end]), line, quotes: true)
                place = end + 1
                if place < characters.count, characters[place] == "," { place += 1 }
            }
            place += 1
        }
        guard place < characters.count, characters[place] == " " else {
            throw Malformed(line: line, reason: "no space")
        }
        let value = String(characters[(place + 1)...])
        guard Double(value) != nil || ["+Inf", "-Inf", "NaN"].contains(value) else {
            throw Malformed(line: line, reason: "a value")
        }
        guard let family = order.last, Self.belongs(name, to: family, families[family]?.type) else {
            throw Malformed(line: line, reason: "of no family")
        }
        let sample = Sample(name: name, labels: labels, value: value)
        let isKnown = families[family]?.samples.contains { $0.name == name && $0.labels == labels } ?? false
        guard !isKnown else { throw Malformed(line: line, reason: "there twice") }
        families[family]?.samples.append(sample)
    }

    private static func isNamePart(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_" || character == ":")
    }

    private static func belongs(_ name: String, to family: String, _ type: String?) -> Bool {
        type == "histogram" ? ["_bucket", "_sum", "_count"].contains { family + $0 == name } : name == family
    }

    private func unescape(_ text: [Character], _ line: String, quotes: Bool) throws(Malformed) -> String {
        var result = ""
        var place = 0
        while place < text.count {
            guard text[place] == "\\" else {
                result.append(text[place])
                place += 1
                continue
            }
            switch place + 1 < text.count ? text[place + 1] : " " {
            case "\\": result.append("\\")
            case "n": result.append("\n")
            case "\"" where quotes: result.append("\"")
            default: throw Malformed(line: line, reason: "an escape")
            }
            place += 2
        }
        return result
    }

    /// What holds of a whole family.
    private func check(_ name: String) throws(Malformed) {
        guard let family = families[name], family.type != nil, family.help != nil else {
            throw Malformed(line: name, reason: "no HELP or no TYPE")
        }
        guard (family.type == "counter") == name.hasSuffix("_total") else {
            throw Malformed(line: name, reason: "_total")
        }
        guard family.type == "histogram" else { return }
        let groups = Dictionary(grouping: family.samples) { $0.labels.filter { $0.key != "le" } }
        for samples in groups.values {
            let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
            let bounds = buckets.compactMap { $0.labels["le"] }.map { $0 == "+Inf" ? .infinity : Double($0) ?? .nan }
            let counts = buckets.compactMap { Int($0.value) }
            let isOrdered = zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 } && counts == counts.sorted()
            let count = samples.first { $0.name.hasSuffix("_count") }?.value
            guard isOrdered, bounds.last == .infinity, counts.last.map(String.init) == count,
                samples.contains(where: { $0.name.hasSuffix("_sum") })
            else { throw Malformed(line: name, reason: "the buckets") }
        }
    }
}
