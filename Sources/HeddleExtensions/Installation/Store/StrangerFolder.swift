import Glibc

/// A folder that a confined process filled, which is read without following any link of its.
///
/// Its processes are gone; what they left may still be links and pipes where files are expected.
struct StrangerFolder: ~Copyable {
    private let descriptor: Int32

    /// Opens a folder below one of the server's own; nil when there is none, or a link on the way.
    init?(_ names: [String], below root: String) {
        var current = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        for name in names {
            guard current >= 0 else { return nil }
            let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(current)
            current = next
        }
        guard current >= 0 else { return nil }
        descriptor = current
    }

    deinit { close(descriptor) }

    /// What it holds.
    var names: [String] {
        guard let stream = fdopendir(dup(descriptor)) else { return [] }
        defer { closedir(stream) }
        return HostFile.names(from: stream).sorted()
    }

    /// Opens a regular file, which the caller closes; nil for anything else.
    func open(_ name: String) -> Int32? {
        // Without O_NONBLOCK, opening a named pipe would wait for its writer.
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            return nil
        }
        return file
    }
}
