/// A program whose first argument is a script.
enum ScriptInterpreter: Sendable {
    case python
    case node
    case deno
    case bun
    case ruby
    case perl
    case php
    case shell
    case java

    /// Recognises a program by its name, with or without a version, such as `python3.12`.
    init?(program: String) {
        let stem = program.prefix { !$0.isNumber && $0 != "." }
        // `python3-config` is another program; `python3.13t` is one without the global lock.
        let version = program.dropFirst(stem.count)
        guard version.allSatisfy({ $0.isNumber || $0 == "." || $0 == "t" }) else { return nil }
        switch stem {
        case "python", "pypy": self = .python
        case "node", "nodejs": self = .node
        case "deno": self = .deno
        case "bun": self = .bun
        case "ruby": self = .ruby
        case "perl": self = .perl
        case "php": self = .php
        case "sh", "bash", "dash", "zsh", "ksh": self = .shell
        case "java": self = .java
        default: return nil
        }
    }

    /// Options that mean that no script follows.
    private var inlineOptions: Set<String> {
        switch self {
        case .python: ["-c", "-m"]
        case .node: ["-e", "--eval", "-p", "--print", "-pe", "-i", "-v", "--version"]
        case .deno, .bun: ["-e", "--eval", "-p", "--print"]
        case .ruby: ["-e"]
        case .perl: ["-e", "-E"]
        case .php: ["-r"]
        case .shell: ["-c", "-s"]
        case .java: ["-m", "--module", "-version"]
        }
    }

    /// Options whose value is the next word.
    private var valueOptions: Set<String> {
        switch self {
        case .python: ["-W", "-X", "--check-hash-based-pycs"]
        case .node: ["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"]
        case .deno: ["-c", "--config", "--import-map"]
        case .bun: ["-r", "--preload", "-c", "--config", "--cwd"]
        case .ruby: ["-r", "-I", "-C"]
        case .perl: ["-I"]
        case .php: ["-c", "-d"]
        case .shell: ["-o", "-O", "+o", "+O", "--rcfile", "--init-file"]
        case .java: ["-cp", "-classpath", "--class-path", "-p", "--module-path"]
        }
    }

    /// Whether a first word that names no file may be something else than a missing script, such as a subcommand.
    var hasSubcommands: Bool {
        switch self {
        case .deno, .bun, .java: true
        case .python, .node, .ruby, .perl, .php, .shell: false
        }
    }

    /// Where among the arguments the script stands.
    func scriptIndex(in arguments: [String]) -> Int? {
        var index = arguments.startIndex
        while index < arguments.endIndex {
            let word = arguments[index]
            if word == "--" { return index + 1 < arguments.endIndex ? index + 1 : nil }
            if self == .java && word == "-jar" { return index + 1 < arguments.endIndex ? index + 1 : nil }
            if word == "run" && (self == .deno || self == .bun) {
                index += 1
                continue
            }
            guard word.hasPrefix("-") || (self == .shell && word.hasPrefix("+")), word != "-" else {
                return word == "-" || self == .java ? nil : index
            }
            if inlineOptions.contains(word) || isClusterWithInline(word) { return nil }
            index += valueOptions.contains(word) ? 2 : 1
        }
        return nil
    }

    /// Whether a word such as `-Im`, `-ec` or `-mserver` has an option after which no script follows.
    private func isClusterWithInline(_ word: String) -> Bool {
        guard self == .python || self == .shell, !word.hasPrefix("--"), let last = word.last else { return false }
        if self == .python {
            if word.hasPrefix("-W") || word.hasPrefix("-X") { return false }
            if word.hasPrefix("-m") || word.hasPrefix("-c") { return true }
        }
        return inlineOptions.contains("-" + String(last))
    }
}
