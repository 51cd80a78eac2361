import Glibc

/// Goes over files that a confined process left, without following any link of theirs.
///
/// Only for trees whose processes are gone: nobody moves things around meanwhile.
enum InstallationTree {
    /// Deeper folders are not made by any package, and each one being visited holds a descriptor.
    private static let maximumDepth = 128

    /// Gives a tree to the server's own user, readable and not writable for everybody else.
    ///
    /// Devices, pipes and sockets are removed. Returns false when something could not be changed.
    static func seal(_ folder: String) -> Bool {
        visit(folder) { parent, name, mode in
            switch mode & S_IFMT {
            case S_IFLNK:
                return geteuid() != 0 || fchownat(parent, name, 0, 0, AT_SYMLINK_NOFOLLOW) == 0
            case S_IFDIR, S_IFREG:
                if geteuid() == 0, fchownat(parent, name, 0, 0, AT_SYMLINK_NOFOLLOW) != 0 { return false }
                let isExecutable = mode & S_IFMT == S_IFDIR || mode & 0o111 != 0
                return fchmodat(parent, name, isExecutable ? 0o755 : 0o644, 0) == 0
            default:
                return unlinkat(parent, name, 0) == 0
            }
        }
    }

    /// Gives a tree to the user that is going to install into it.
    static func give(_ folder: String, to user: UInt32) -> Bool {
        guard geteuid() == 0 else { return true }
        return visit(folder) { parent, name, _ in fchownat(parent, name, user, user, AT_SYMLINK_NOFOLLOW) == 0 }
    }

    /// Removes a tree, or one file; true when nothing is left.
    ///
    /// Folders that lie deeper than others do are moved up and removed in a further round.
    @discardableResult
    static func remove(_ path: String) -> Bool {
        // A folder without rights for its owner would stop an ordinary user's server.
        if geteuid() != 0, HostFile(path, followingLinks: false)?.kind == .folder { chmod(path, 0o700) }
        let top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        defer { close(top) }
        var moved = 0
        while HostFile(path, followingLinks: false) != nil {
            let before = moved
            let isGone = visit(
                path,
                { parent, name, mode in unlinkat(parent, name, mode & S_IFMT == S_IFDIR ? AT_REMOVEDIR : 0) == 0 },
                tooDeep: { parent, name in
                    guard renameat(parent, name, top, "\(getpid()).deep.\(moved)") == 0 else { return }
                    moved += 1
                }
            )
            if isGone { return true }
            guard moved > before else { return false }
        }
        return true
    }

    /// Writes everything in the tree to the disk, and its name in the folder that it is in.
    static func sync(_ path: String) -> Bool {
        let isWritten = visit(path, unlocking: false) { parent, name, mode in
            guard [S_IFREG, S_IFDIR].contains(mode & S_IFMT) else { return true }
            return sync(openat(parent, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC))
        }
        return isWritten && syncFolder(HostPath.parent(path))
    }

    /// Writes the names in one folder to the disk.
    static func syncFolder(_ path: String) -> Bool { sync(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) }

    /// Writes an open file or folder to the disk and closes it.
    private static func sync(_ descriptor: Int32) -> Bool {
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String, mode: mode_t = 0o755) -> Bool {
        for step in HostPath.ancestry(path).reversed() where step != "/" { mkdir(step, mode) }
        return HostFile(path, followingLinks: false)?.kind == .folder
    }

    /// Writes a file of the server's own, new or in place of an old one.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) -> Bool {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return fsync(descriptor) == 0
    }

    private typealias Action = (_ parent: Int32, _ name: String, _ mode: mode_t) -> Bool

    /// Calls the action for everything below a path and then for the path itself.
    private static func visit(
        _ path: String,
        unlocking: Bool = true,
        _ action: Action,
        tooDeep: (_ parent: Int32, _ name: String) -> Void = { _, _ in }
    ) -> Bool {
        let parent = open(HostPath.parent(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return false }
        defer { close(parent) }
        return visit(parent, HostPath.name(path), depth: 0, unlocking && geteuid() != 0, action, tooDeep)
    }

    private static func visit(
        _ parent: Int32,
        _ name: String,
        depth: Int,
        _ isUnlocking: Bool,
        _ action: Action,
        _ tooDeep: (_ parent: Int32, _ name: String) -> Void
    ) -> Bool {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFDIR else { return action(parent, name, status.st_mode) }
        // A folder without rights for its owner would stop an ordinary user's server.
        if isUnlocking { fchmodat(parent, name, 0o700, 0) }
        guard depth <= maximumDepth else {
            tooDeep(parent, name)
            return false
        }
        let folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard folder >= 0 else { return false }
        var isComplete = true
        for child in names(folder) where !visit(folder, child, depth: depth + 1, isUnlocking, action, tooDeep) {
            isComplete = false
        }
        close(folder)
        return action(parent, name, status.st_mode) && isComplete
    }

    private static func names(_ folder: Int32) -> [String] {
        let copy = dup(folder)
        guard let stream = fdopendir(copy) else {
            close(copy)
            return []
        }
        defer { closedir(stream) }
        return HostFile.names(from: stream)
    }
}
