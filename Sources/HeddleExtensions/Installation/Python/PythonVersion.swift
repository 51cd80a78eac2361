import HeddleModel

/// A version after PEP 440, as PyPI has them.
enum PythonVersion {
    /// The Semantic Version that stands for it; nil when the text is no PEP 440 version.
    ///
    /// Semantic Versioning has three numbers and fewer suffixes. What does not fit goes into the build part, where it
    /// is shown and takes no part in the order: a fourth number, an epoch, a post-release, a local version.
    static func semantic(_ text: String) -> SemanticVersion? {
        guard text.utf8.count <= 128 else { return nil }
        var scanner = Scanner(text.lowercased())
        if scanner.peek == "v" { _ = scanner.take() }
        var build: [String] = []
        guard var first = scanner.number() else { return nil }
        if scanner.take("!") {
            build += ["epoch", String(first)]
            guard let next = scanner.number() else { return nil }
            first = next
        }
        var release = [first]
        while scanner.peek == ".", scanner.peekSecond?.isNumber == true {
            _ = scanner.take()
            guard let next = scanner.number() else { return nil }
            release.append(next)
        }
        build += release.dropFirst(3).map(String.init)
        release += Array(repeating: 0, count: max(0, 3 - release.count))
        guard let prerelease = suffixes(&scanner, build: &build), scanner.isAtEnd else { return nil }
        return SemanticVersion(
            major: release[0],
            minor: release[1],
            patch: release[2],
            prerelease: prerelease,
            build: build.isEmpty ? nil : build.joined(separator: ".")
        )
    }

    /// Reads pre-release, post-release, development and local parts; nil when one is malformed.
    private static func suffixes(_ scanner: inout Scanner, build: inout [String]) -> [SemanticVersion.Identifier]? {
        let kinds = [
            "alpha": "alpha", "a": "alpha", "beta": "beta", "b": "beta", "rc": "rc", "c": "rc", "preview": "rc",
            "pre": "rc",
        ]
        var prerelease: [SemanticVersion.Identifier] = []
        if let (word, number) = scanner.suffix(kinds.keys.sorted { $0.count > $1.count }), let kind = kinds[word] {
            prerelease = [.text(kind), .number(number)]
        }
        if let (_, number) = scanner.suffix(["post", "rev", "r"]) ?? scanner.implicitPost() {
            build += ["post", String(number)]
        }
        if let (_, number) = scanner.suffix(["dev"]) {
            // A number sorts before any text, as a development release does before `a1`.
            prerelease += prerelease.isEmpty ? [.number(0)] : []
            prerelease += [.text("dev"), .number(number)]
        }
        if scanner.take("+") {
            let local = scanner.rest().split(omittingEmptySubsequences: false) { "._-".contains($0) }
            guard local.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isAlphanumeric) }) else { return nil }
            build += local.map(String.init)
        }
        return prerelease
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension PythonVersion {
    /// Takes a version apart from front to back.
    private struct Scanner {
        private var characters: Substring

        init(_ text: String) { characters = text[...] }

        var peek: Character? { characters.first }
        var peekSecond: Character? { characters.dropFirst().first }
        var isAtEnd: Bool { characters.isEmpty }

        mutating func take() -> Character? { characters.popFirst() }

        mutating func take(_ character: Character) -> Bool {
            guard peek == character else { return false }
            characters.removeFirst()
            return true
        }

        mutating func rest() -> Substring {
            defer { characters = "" }
            return characters
        }

        /// Digits as a number that Semantic Versioning can hold.
        mutating func number() -> Int? {
            let digits = characters.prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, let number = Int(digits), number < 1 << 53 else { return nil }
            characters = characters.dropFirst(digits.count)
            return number
        }

        /// One of the words with an optional separator before and after it, and its number.
        mutating func suffix(_ words: [String]) -> (word: String, number: Int)? {
            var rest = characters
            if let first = rest.first, ".-_".contains(first) { rest = rest.dropFirst() }
            guard let word = words.first(where: rest.hasPrefix) else { return nil }
            rest = rest.dropFirst(word.count)
            characters = rest
            if let first = rest.first, ".-_".contains(first), rest.dropFirst().first?.isNumber == true {
                characters = rest.dropFirst()
            }
            return (word, number() ?? 0)
        }

        /// The short form of a post-release, `1.0-1`.
        mutating func implicitPost() -> (word: String, number: Int)? {
            guard peek == "-", peekSecond?.isNumber == true else { return nil }
            characters.removeFirst()
            return number().map { ("post", $0) }
        }
    }
}
