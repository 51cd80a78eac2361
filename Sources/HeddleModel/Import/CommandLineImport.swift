/// A command line of another program's file, understood: what it runs, and where that comes from.
struct CommandLineImport {
    let words: [String]
    let directory: String?

    init(words: [String], directory: String?) {
        var words = words
        // `cmd /c npx …` is how the file is written on Windows.
        if Self.program(words) == "cmd", words.count > 2, words[1].lowercased() == "/c" { words.removeFirst(2) }
        self.words = words
        self.directory = directory
    }

    /// What becomes of it.
    func outcome(environment: [String: String]) -> ImportedServer.Outcome {
        if let word = (words + environment.values).first(where: { $0.contains("${") }) {
            return .refused("'\(word.clipped(80))' has a placeholder that only its client can fill in")
        }
        // Another index may have another package under the same name.
        let index = environment.keys.sorted()
            .first { name in
                let upper = name.uppercased()
                return upper.hasPrefix("UV_") && upper.contains("INDEX") || upper.hasPrefix("PIP_")
                    || upper.hasPrefix("NPM_CONFIG_")
            }
        if let index {
            return .refused(
                "its variable '\(index.clipped(60))' tells where packages come from, which the server is told"
            )
        }
        let rest = words.dropFirst()
        switch Self.program(words) {
        case "uvx": return python(rest, environment)
        case "uv" where rest.starts(with: ["tool", "run"]): return python(rest.dropFirst(2), environment)
        case "pipx" where rest.first == "run": return python(rest.dropFirst(), environment)
        case "npx", "bunx", "pnpx": return node(rest, environment)
        case "npm" where rest.first == "exec", "pnpm" where rest.first == "dlx", "yarn" where rest.first == "dlx",
            "bun" where rest.first == "x":
            return node(rest.dropFirst(), environment)
        case let engine where ["docker", "podman", "nerdctl"].contains(engine):
            return .refused("it runs in a container of \(engine); add the program inside of the image by itself")
        default: return .add(.command(words, directory: directory), environment: environment)
        }
    }

    /// The name of the program, without its folder and Windows' endings.
    private static func program(_ words: [String]) -> String {
        let name = words.first?.split { $0 == "/" || $0 == "\\" }.last.map { $0.lowercased() } ?? ""
        for ending in [".exe", ".cmd"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
        return name
    }

    // MARK: Python

    private func python(_ words: ArraySlice<String>, _ environment: [String: String]) -> ImportedServer.Outcome {
        var options = OptionReader(
            words,
            valued: [
                "--from": "--from", "--spec": "--from", "--with": "--with", "--python": "", "-p": "",
            ],
            flags: ["--quiet", "-q", "--refresh", "--no-cache", "--isolated", "--offline", "--native-tls"]
        )
        guard let target = options.target() else { return .refused(options.reason) }
        let origin = options.values["--from"]?.last
        guard let requirement = Self.requirement(origin ?? target) else {
            return .refused("'\((origin ?? target).clipped(80))' is not a package of PyPI by its name")
        }
        let own = requirement.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        guard origin == nil || Self.isSame(target, String(own)) else {
            return .refused(
                "it runs '\(target.clipped(60))' of the package '\(own)', which has to be named by its module"
            )
        }
        let with = (options.values["--with"] ?? []).flatMap { $0.split(separator: ",").map(String.init) }
        let package = PythonPackage(requirement: requirement, with: with, arguments: options.rest)
        return .add(.pypi(package), environment: environment)
    }

    private static func isSame(_ one: String, _ other: String) -> Bool {
        func plain(_ text: String) -> String { text.lowercased().replacing("_", with: "-").replacing(".", with: "-") }
        return plain(one) == plain(other)
    }

    /// `name@1.2` in the words of pip; nil for an address or a path.
    private static func requirement(_ text: String) -> String? {
        guard !text.contains("/"), !text.contains(":"), !text.hasPrefix(".") else { return nil }
        let parts = text.split(separator: "@", maxSplits: 1).map(String.init)
        guard let name = parts.first else { return nil }
        guard parts.count == 2 else { return name }
        return parts[1] == "latest" ? name : "\(name)==\(parts[1])"
    }

    // MARK: Node

    private func node(_ words: ArraySlice<String>, _ environment: [String: String]) -> ImportedServer.Outcome {
        var options = OptionReader(
            words,
            valued: ["--package": "--package", "-p": "--package"],
            flags: ["-y", "--yes", "-q", "--quiet", "--prefer-online", "--prefer-offline", "--no-install"]
        )
        guard let target = options.target() else { return .refused(options.reason) }
        let packages = options.values["--package"] ?? []
        // With `--package` the word names a program of it.
        let package = NodePackage(
            package: packages.first ?? target,
            with: Array(packages.dropFirst()),
            program: packages.isEmpty ? nil : target,
            arguments: options.rest
        )
        let isName = package.packages.allSatisfy { name in
            !name.contains(":") && !name.hasPrefix(".") && !name.hasPrefix("/")
                && name.utf8.count { $0 == UInt8(ascii: "/") } == (name.hasPrefix("@") ? 1 : 0)
        }
        guard isName else { return .refused("'\(package.package.clipped(80))' is not a package of npm by its name") }
        return .add(.npm(package), environment: environment)
    }
}

/// Reads the options before the word that matters.
private struct OptionReader {
    /// Values by the option that they count for.
    private(set) var values: [String: [String]] = [:]
    private(set) var reason = "it names no package"
    /// What stands behind the word.
    private(set) var rest: [String]
    private let valued: [String: String]
    private let flags: Set<String>

    init(_ words: ArraySlice<String>, valued: [String: String], flags: Set<String>) {
        rest = Array(words)
        self.valued = valued
        self.flags = flags
    }

    /// The first word that is no option; nil with a reason when there is none or an option is not known.
    mutating func target() -> String? {
        while !rest.isEmpty {
            let word = rest.removeFirst()
            if word == "--" { return rest.isEmpty ? nil : rest.removeFirst() }
            guard word.hasPrefix("-") else { return word }
            if flags.contains(word) { continue }
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let name = valued[parts[0]] else {
                reason = "it uses the option '\(word.clipped(60))', which has no counterpart here"
                return nil
            }
            guard parts.count == 2 || !rest.isEmpty else { return nil }
            values[name, default: []].append(parts.count == 2 ? parts[1] : rest.removeFirst())
        }
        return nil
    }
}
