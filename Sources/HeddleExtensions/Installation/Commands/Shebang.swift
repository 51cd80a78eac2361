/// The first line of a script: which program runs it.
struct Shebang: Equatable {
    /// The interpreter and the one argument the kernel passes on.
    let words: [String]

    /// Reads the beginning of a file; nil when it does not begin with `#!`.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Array("#!".utf8)) else { return nil }
        let lines = bytes.dropFirst(2).split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false)
        let line = String(decoding: lines.first ?? [], as: UTF8.self)
        if lines.count > 1, let words = Self.trampoline(String(decoding: lines[1], as: UTF8.self)) {
            self.words = words
            return
        }
        // The kernel splits once: all after the first space is one argument.
        let trimmed = line.drop(while: Self.isSpace)
        let program = trimmed.prefix { !Self.isSpace($0) }
        var rest = trimmed.dropFirst(program.count).drop(while: Self.isSpace)
        while let last = rest.last, Self.isSpace(last) || last == "\r" { rest.removeLast() }
        words = [String(program)].filter { !$0.isEmpty } + (rest.isEmpty ? [] : [String(rest)])
    }

    private static func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// The form that pip and uv write for interpreters whose path is too long for the kernel or has a space:
    /// a shell line that is a string to Python.
    private static func trampoline(_ line: String) -> [String]? {
        let opening = "'''exec' "
        guard line.hasPrefix(opening) else { return nil }
        let words = EnvironmentCommand.split(String(line.dropFirst(opening.count)))
        guard let program = words?.first, program.hasPrefix("/") else { return nil }
        return [program]
    }
}
