/// Rules of absolute paths as text; nothing here looks at the disk.
enum HostPath {
    /// The path without `.`, `..` and doubled slashes; only right where no component before a `..` is a link.
    static func normalised(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            guard part == ".." else {
                parts.append(part)
                continue
            }
            _ = parts.popLast()
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The folder that holds a path.
    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The last component.
    static func name(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// A path relative to a folder; an absolute one stays as it is.
    static func joined(_ folder: String, _ path: String) -> String {
        path.hasPrefix("/") ? path : folder + "/" + path
    }

    /// Whether a path is a folder or lies below it.
    static func isInside(_ path: String, _ folder: String) -> Bool {
        folder == "/" || path == folder || path.hasPrefix(folder + "/")
    }

    /// A path and every folder above it, the nearest first, ending with `/`.
    static func ancestry(_ path: String) -> [String] {
        var result = [path]
        while let last = result.last, last != "/" { result.append(parent(last)) }
        return result
    }

    /// Whether every sandbox has the path already: the system's programs and libraries.
    static func isAlwaysThere(_ path: String) -> Bool {
        ["/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32", "/etc/alternatives"]
            .contains {
                isInside(path, $0)
            }
    }

    /// The fewest paths to read that hold all the given ones, in order, without those every sandbox has.
    static func minimal(_ paths: some Sequence<String>) -> [String] {
        outermost(paths.filter { !isAlwaysThere($0) })
    }

    /// The paths that lie in no other one, in order.
    static func outermost(_ paths: some Sequence<String>) -> [String] {
        var result: [String] = []
        for path in Set(paths).sorted() {
            // `/a-b` sorts between `/a` and `/a/b`, so that the last one kept is not enough to look at.
            guard !result.contains(where: { isInside(path, $0) }) else { continue }
            result.append(path)
        }
        return result
    }
}
