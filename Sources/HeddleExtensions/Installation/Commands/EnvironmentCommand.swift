/// A command line of `env`, taken apart.
struct EnvironmentCommand: Equatable {
    /// Options and assignments that have to stay before the program.
    let prefix: [String]
    /// The program that `env` looks up, with its arguments.
    let command: [String]

    /// Reads the arguments of `env`; nil when it runs no program or does what we cannot follow.
    init?(arguments: [String]) {
        var rest = arguments[...]
        var prefix: [String] = []
        var expansions = 0
        while let word = rest.first {
            if let text = Self.splitText(&rest) {
                expansions += 1
                guard expansions <= 4, let words = Self.split(text) else { return nil }
                rest = (words + rest)[...]
                continue
            }
            if word == "-u" || word == "--unset" {
                prefix += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if word == "-" || word == "-i" || word == "--ignore-environment" || word.hasPrefix("--unset=") {
                prefix.append(word)
                rest = rest.dropFirst()
            } else if word == "-v" || word == "--debug" || word == "--" {
                rest = rest.dropFirst()
            } else if word.hasPrefix("-") {
                return nil
            } else if word.contains("=") {
                prefix.append(word)
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        guard !rest.isEmpty else { return nil }
        self.prefix = prefix
        command = Array(rest)
    }

    /// Takes the text of `-S`, in any of its spellings, off the front.
    private static func splitText(_ rest: inout ArraySlice<String>) -> String? {
        guard let word = rest.first else { return nil }
        if word == "-S" || word == "--split-string" || word == "-vS" {
            guard rest.count > 1 else { return nil }
            let text = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
            return text
        }
        for opening in ["--split-string=", "-vS", "-S"] where word.hasPrefix(opening) {
            rest = rest.dropFirst()
            return String(word.dropFirst(opening.count))
        }
        return nil
    }

    /// Splits text into words like `env -S`: quotes and backslashes, no variables; nil when a quote stays open.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\" && quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else if character == "$" {
                return nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        return words + (word.map { [$0] } ?? [])
    }
}
