import CSeccomp
import Glibc

/// A path of the host, followed to where it leads, with every symbolic link met on the way.
///
/// A sandbox that has the target and the same links resolves the path as the host does.
struct HostPath: Sendable, Hashable {
    /// One symbolic link, at a place that is itself free of links.
    struct Link: Sendable, Hashable {
        let path: String
        let target: String
    }

    /// The path as it was given, without `.`, `..` and doubled slashes.
    let given: String
    /// Where it leads; free of links.
    let target: String
    let links: [Link]

    /// Follows a path.
    ///
    /// - Throws: ``SystemCallError`` when a part of it does not exist or the links go in circles.
    init(following path: String) throws(SystemCallError) {
        given = Self.normalized(path)
        var links: [Link] = []
        var rest = Array(Self.components(path).reversed())
        var current = ""
        while let component = rest.popLast() {
            if component == ".." {
                current = Self.parent(current) == "/" ? "" : Self.parent(current)
                continue
            }
            let next = current + "/" + component
            guard let target = try Self.linkTarget(next) else {
                current = next
                continue
            }
            links.append(Link(path: next, target: target))
            guard links.count <= 40 else { throw SystemCallError("follow \(path)", number: ELOOP) }
            if target.hasPrefix("/") { current = "" }
            rest += Self.components(target).reversed()
        }
        self.target = current.isEmpty ? "/" : current
        self.links = links
    }

    /// What a link says, or nil for anything that is no link.
    private static func linkTarget(_ path: String) throws(SystemCallError) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemCallError("lstat \(path)") }
        guard status.st_mode & S_IFMT == S_IFLNK else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { throw SystemCallError("readlink \(path)") }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension HostPath {
    /// The parts between slashes, without empty ones and `.`.
    static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init)
    }

    /// The path with `.`, `..` and doubled slashes taken out, by its text alone.
    static func normalized(_ path: String) -> String {
        var result: [String] = []
        for component in components(path) {
            if component == ".." { _ = result.popLast() } else { result.append(component) }
        }
        return "/" + result.joined(separator: "/")
    }

    /// The path without its last part.
    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// Every directory above a path but the root, outermost first.
    static func ancestors(_ path: String) -> [String] {
        var result: [String] = []
        var current = parent(path)
        while current != "/" {
            result.append(current)
            current = parent(current)
        }
        return result.reversed()
    }

    /// Whether `path` is `directory` or below it.
    static func isInside(_ path: String, _ directory: String) -> Bool {
        directory == "/" || path == directory || path.hasPrefix(directory + "/")
    }
}
