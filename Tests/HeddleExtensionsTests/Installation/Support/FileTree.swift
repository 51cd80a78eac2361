import Glibc

@testable import HeddleExtensions

/// A scratch folder with files made to measure, removed with its owner.
final class FileTree: Sendable {
    /// The folder, free of links.
    let root: String

    init() throws {
        var template = Array("/tmp/heddle-installation-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TreeError(errno: errno) }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // Extensions run as users of their own when the tests run as root.
        chmod(root, 0o755)
    }

    deinit { Self.remove(root) }

    /// A system call of the fixture failed.
    struct TreeError: Error {
        let errno: Int32
    }

    subscript(_ path: String) -> String { root + "/" + path }

    /// Writes a file and the folders above it.
    @discardableResult
    func file(_ path: String, _ content: String = "", mode: mode_t = 0o644) throws -> String {
        try file(path, bytes: Array(content.utf8), mode: mode)
    }

    /// Writes a file and the folders above it.
    @discardableResult
    func file(_ path: String, bytes: [UInt8], mode: mode_t = 0o644) throws -> String {
        folder(HostPath.parent(path.hasPrefix("/") ? path : "/" + path))
        let descriptor = open(self[path], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TreeError(errno: errno) }
        defer { close(descriptor) }
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw TreeError(errno: errno) }
        fchmod(descriptor, mode)
        return self[path]
    }

    /// Writes an executable script.
    @discardableResult
    func script(_ path: String, _ content: String) throws -> String { try file(path, content, mode: 0o755) }

    /// Puts a real program of the system, which is never run, under another name.
    @discardableResult
    func program(_ path: String) throws -> String {
        try file(path, bytes: HostFile.read("/usr/bin/true", upTo: 1 << 20) ?? [], mode: 0o755)
    }

    /// An interpreter with its standard library, below a prefix.
    func python(_ prefix: String, version: String = "3.11") throws {
        try program("\(prefix)/bin/python\(version)")
        try link("\(prefix)/bin/python3", to: "python\(version)")
        try file("\(prefix)/lib/python\(version)/os.py")
    }

    /// A virtual environment of an interpreter that ``python(_:version:)`` made.
    func environment(_ path: String, of prefix: String, version: String = "3.11") throws {
        try file("\(path)/pyvenv.cfg", "home = \(self[prefix])/bin\nversion = \(version).7\n")
        folder("/\(path)/lib/python\(version)/site-packages")
        try link("\(path)/bin/python", to: "\(self[prefix])/bin/python\(version)")
    }

    func folder(_ path: String) {
        for step in HostPath.ancestry(path).reversed() where step != "/" { mkdir(root + step, 0o755) }
    }

    func link(_ path: String, to target: String) throws {
        folder(HostPath.parent("/" + path))
        guard symlink(target, self[path]) == 0 else { throw TreeError(errno: errno) }
    }

    static func remove(_ path: String) {
        if HostFile(path, followingLinks: false)?.kind == .folder {
            for name in HostFile.names(in: path) { remove(path + "/" + name) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
