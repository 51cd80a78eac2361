import Glibc

/// Removes folders with all they hold, without following links: their content may come from strangers.
enum FolderRemoval {
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        return names(directory)
    }

    /// Removes a folder, if it is there; what cannot be removed is left.
    static func remove(_ path: String) {
        guard unlink(path) != 0, let directory = opendir(path) else { return }
        // A folder that is a link was unlinked above, so this one is real.
        let descriptor = dirfd(directory)
        for name in names(directory) { remove(descriptor, name, depth: 0) }
        closedir(directory)
        rmdir(path)
    }

    private static func remove(_ parent: Int32, _ name: String, depth: Int) {
        guard unlinkat(parent, name, 0) != 0, depth < 128 else { return }
        let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        guard let directory = fdopendir(descriptor) else {
            close(descriptor)
            return
        }
        for inner in names(directory) { remove(descriptor, inner, depth: depth + 1) }
        closedir(directory)
        unlinkat(parent, name, AT_REMOVEDIR)
    }

    private static func names(_ directory: OpaquePointer) -> [String] {
        var result: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { result.append(name) }
        }
        return result
    }
}
