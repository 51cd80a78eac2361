import HeddleModel

/// One distribution that is asked for, as in `name[extra]>=1.0,<2`: the part of PEP 508 that names no place.
struct PythonRequirement: Equatable {
    /// The name as it was written.
    let name: String
    let extras: [String]
    /// Comparisons such as `>=1.0`.
    let specifiers: [String]

    /// The name under which the index knows it (PEP 503).
    var normalizedName: String { Self.normalized(name) }

    /// What pip is told; never an option, a path or an address.
    var argument: String {
        name + (extras.isEmpty ? "" : "[" + extras.joined(separator: ",") + "]") + specifiers.joined(separator: ",")
    }

    /// Lower case with one dash for every run of dashes, dots and underscores.
    static func normalized(_ name: String) -> String {
        name.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
    }

    /// Reads one or more requirements between spaces; the first is the extension, the others pin what it depends on.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    static func list(_ text: String) throws(HeddleError) -> [PythonRequirement] {
        var reader = Reader(text)
        var result: [PythonRequirement] = []
        guard text.utf8.count <= 4096 else { throw reader.refusal("is too long") }
        reader.skipSpaces()
        while !reader.isAtEnd {
            result.append(try reader.requirement())
            reader.skipSpaces()
            if reader.take(",") { reader.skipSpaces() }
        }
        guard !result.isEmpty else { throw reader.refusal("names no distribution") }
        guard result.count <= 32 else { throw reader.refusal("names more than 32 distributions") }
        return result
    }
}

extension PythonRequirement {
    /// Reads requirements from front to back.
    private struct Reader {
        private static let operators = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"]
        private static let fileEndings = [".whl", ".zip", ".gz", ".bz2", ".xz", ".tar", ".tgz", ".txt", ".toml"]

        private let text: String
        private var rest: Substring

        init(_ text: String) {
            self.text = text
            rest = text[...]
        }

        var isAtEnd: Bool { rest.isEmpty }

        mutating func skipSpaces() { rest = rest.drop { $0 == " " || $0 == "\t" } }

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character else { return false }
            rest.removeFirst()
            return true
        }

        mutating func requirement() throws(HeddleError) -> PythonRequirement {
            let name = try name()
            skipSpaces()
            var extras: [String] = []
            if take("[") {
                repeat {
                    skipSpaces()
                    if rest.first == "]" && extras.isEmpty { break }
                    extras.append(try self.name())
                    skipSpaces()
                } while take(",")
                guard take("]") else { throw refusal("has a list of extras without an end") }
                skipSpaces()
            }
            let specifiers = try specifiers()
            if rest.first == ";" { throw refusal("has a marker; leave out what stands after ';'") }
            if rest.first == "@" { throw refusal("names an address; only names of distributions are taken") }
            return PythonRequirement(name: name, extras: extras, specifiers: specifiers)
        }

        /// The comparisons after a name, in parentheses or not.
        private mutating func specifiers() throws(HeddleError) -> [String] {
            let isEnclosed = take("(")
            var result: [String] = []
            skipSpaces()
            while let sign = Self.operators.first(where: rest.hasPrefix) {
                rest = rest.dropFirst(sign.count)
                skipSpaces()
                let version = rest.prefix(while: Self.isVersionCharacter)
                guard version.contains(where: \.isNumber) else { throw refusal("has '\(sign)' without a version") }
                rest = rest.dropFirst(version.count)
                result.append(sign + version)
                let before = rest
                skipSpaces()
                guard take(",") else {
                    if !isEnclosed { rest = before }
                    break
                }
                let afterComma = rest
                skipSpaces()
                // A comma before a name parts two requirements.
                guard Self.operators.contains(where: rest.hasPrefix) else {
                    rest = afterComma
                    break
                }
            }
            if isEnclosed && !take(")") { throw refusal("has an open parenthesis") }
            return result
        }

        private mutating func name() throws(HeddleError) -> String {
            let word = rest.prefix { Self.isNameCharacter($0) }
            let following = rest.dropFirst(word.count).first
            guard let first = word.first, let last = word.last, !"-_.".contains(first), !"-_.".contains(last),
                following != "/", following != ":", following != "\\"
            else {
                let isOption = rest.first == "-"
                throw refusal(isOption ? "has an option; options are not taken" : "has a part that is no name")
            }
            guard word.utf8.count <= 128, !Self.fileEndings.contains(where: word.lowercased().hasSuffix) else {
                throw refusal("has a part that is a file; only names of distributions are taken")
            }
            rest = rest.dropFirst(word.count)
            return String(word)
        }

        func refusal(_ reason: String) -> HeddleError {
            HeddleError(
                .invalidRequest,
                "the requirement \(reason); write it like mcp-server-time, name==1.2 or 'name>=1,<2 other<3'",
                details: ["requirement": String(text.prefix(256))]
            )
        }

        private static func isNameCharacter(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
        }

        private static func isVersionCharacter(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || "-_.*+!".contains(character))
        }
    }
}
