/// Where an interpreter keeps what it imports, found the way the interpreter itself does.
///
/// Nothing is run: even `python -I` executes the `.pth` files of a virtual environment, and these may be the
/// extension's own.
struct PythonHome: Equatable {
    /// The root of the virtual environment; nil for an interpreter of its own.
    let environment: String?
    /// The folder that the base interpreter was installed into.
    let basePrefix: String?
    /// The base interpreter's `lib/python3.N`.
    let library: String?
    /// The base interpreter itself.
    let executable: String
    /// Folders that `.pth` files add, such as the sources of an editable installation.
    let additions: [String]

    /// Looks at an interpreter under the name it is run by.
    init?(interpreter: String) {
        let folder = HostPath.parent(interpreter)
        let root = [folder, HostPath.parent(folder)].first { HostFile.isRegular($0 + "/pyvenv.cfg") }
        environment = root
        var base = interpreter
        if let root, HostFile.realPath(interpreter).map({ HostPath.isInside($0, root) }) ?? true {
            // The interpreter was copied, so that only the configuration knows where it came from.
            guard let home = Self.home(root + "/pyvenv.cfg") else { return nil }
            base = home + "/" + HostPath.name(interpreter)
        }
        guard let real = HostFile.realPath(base) else { return nil }
        executable = real
        let landmark = HostPath.ancestry(HostPath.parent(real)).lazy
            .compactMap { prefix in Self.library(in: prefix, of: real).map { (prefix, $0) } }.first
        basePrefix = landmark?.0
        library = landmark?.1
        let sites = [root.map { $0 + "/lib" }, landmark.map { HostPath.parent($0.1) }].compactMap(\.self)
        additions = sites.flatMap(Self.additions)
    }

    /// The interpreter's version, such as (3, 11), as its library's folder says.
    var version: (major: Int, minor: Int)? {
        guard let library else { return nil }
        let numbers = HostPath.name(library).drop { !$0.isNumber }.split(separator: ".").compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    private static func home(_ configuration: String) -> String? {
        let text = String(decoding: HostFile.read(configuration, upTo: 64 << 10) ?? [], as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmed() }
            if parts.count == 2, parts[0] == "home", parts[1].hasPrefix("/") { return HostPath.normalised(parts[1]) }
        }
        return nil
    }

    /// The standard library below a prefix; of several the one that the program's name asks for.
    private static func library(in prefix: String, of executable: String) -> String? {
        let lib = prefix == "/" ? "/lib" : prefix + "/lib"
        let folders = HostFile.names(in: lib)
            .filter { name in
                (name.hasPrefix("python3.") || name.hasPrefix("pypy3.")) && HostFile.isRegular("\(lib)/\(name)/os.py")
            }
        let name = HostPath.name(executable)
        return (folders.first { $0 == name } ?? folders.last).map { lib + "/" + $0 }
    }

    private static func additions(below lib: String) -> [String] {
        var result: [String] = []
        for version in HostFile.names(in: lib).prefix(64) where version.hasPrefix("py") {
            for site in ["site-packages", "dist-packages"].map({ "\(lib)/\(version)/\($0)" }) {
                for name in HostFile.names(in: site) where name.hasSuffix(".pth") {
                    let text = String(decoding: HostFile.read(site + "/" + name, upTo: 64 << 10) ?? [], as: UTF8.self)
                    result += text.split(whereSeparator: \.isNewline).map { $0.trimmed() }
                        .filter { $0.hasPrefix("/") && HostFile.isFolder($0) }
                        .map(HostPath.normalised)
                }
            }
        }
        return result
    }
}

extension StringProtocol {
    /// The text without white space at its ends.
    func trimmed() -> String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}
