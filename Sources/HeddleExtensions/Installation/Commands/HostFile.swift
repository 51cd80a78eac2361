import Glibc

/// What the disk says of one path.
struct HostFile: Sendable {
    /// The kinds that matter to a grant.
    enum Kind: Sendable {
        case regular
        case folder
        case link
        case other
    }

    let kind: Kind
    let mode: UInt32
    let owner: UInt32
    let bytes: Int
    /// When the content changed, in nanoseconds.
    let changed: Int64

    /// Looks at a path; nil when there is nothing.
    init?(_ path: String, followingLinks: Bool = true) {
        var status = stat()
        guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        bytes = Int(status.st_size)
        changed = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    static func isRegular(_ path: String) -> Bool { HostFile(path)?.kind == .regular }

    static func isFolder(_ path: String) -> Bool { HostFile(path)?.kind == .folder }

    /// Whether somebody may run the file; as root `access` would say yes to files nobody else can run.
    var isExecutable: Bool { kind == .regular && mode & 0o111 != 0 }

    /// How long ago the content of a file changed; nothing for one that is not there.
    static func age(of path: String) -> Duration {
        guard let file = HostFile(path, followingLinks: false) else { return .zero }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return .seconds(now.tv_sec) + .nanoseconds(now.tv_nsec) - .nanoseconds(file.changed)
    }

    /// The path with every link followed; nil when it leads nowhere.
    static func realPath(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// Where a link points to, as it is written.
    static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The first bytes of a regular file.
    ///
    /// A link at the last component is refused unless `followingLinks`, so that what an extension wrote cannot make
    /// the server read a file of its own.
    static func read(_ path: String, upTo limit: Int, followingLinks: Bool = true) -> [UInt8]? {
        // Without O_NONBLOCK, opening a named pipe would wait for its writer.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
        let descriptor = open(path, flags)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return read(descriptor, from: 0, count: limit)
    }

    /// Up to `count` bytes of an open file at an offset.
    static func read(_ descriptor: Int32, from offset: Int, count: Int) -> [UInt8]? {
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(count, 64 << 10))
        while result.count < count {
            let wanted = min(buffer.count, count - result.count)
            let got = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, wanted, offset + result.count) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { return nil }
            guard got > 0 else { break }
            result += buffer[..<got]
        }
        return result
    }

    /// The names in a folder, sorted; empty when it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        return names(from: stream).sorted()
    }

    /// The names that are left in an open folder.
    static func names(from stream: OpaquePointer) -> [String] {
        var result: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { result.append(name) }
        }
        return result
    }
}
