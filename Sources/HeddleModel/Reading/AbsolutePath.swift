import Glibc

/// Paths as they are from the root: a server has another working directory than who names them.
package enum AbsolutePath {
    /// The path from the root, seen from this program's directory.
    package static func resolve(_ path: String) -> String {
        resolve(path, from: currentDirectory, home: getenv("HOME").map { String(cString: $0) })
    }

    /// The path from the root, without `.`, `..` and doubled slashes; links are not followed.
    package static func resolve(_ path: String, from directory: String, home: String?) -> String {
        var whole = path
        if let home, path == "~" || path.hasPrefix("~/") {
            whole = home + path.dropFirst()
        } else if !path.hasPrefix("/") {
            whole = directory + "/" + path
        }
        var parts: [Substring] = []
        for part in whole.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// This program's directory.
    package static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
