import Glibc

/// Empties a folder without following any link.
enum FolderCleaner {
    /// More than an archive may make; what others put there meanwhile may lie deeper and stays.
    private static let maximumDepth = 256

    /// Whether nothing is in a folder; false also when nobody can say.
    static func isEmpty(_ folder: Int32) -> Bool { names(folder)?.isEmpty ?? false }

    /// Removes everything from an open folder, as far as possible.
    static func clear(_ folder: Int32) { clear(folder, depth: 0) }

    private static func clear(_ folder: Int32, depth: Int) {
        guard depth < maximumDepth else { return }
        for name in names(folder) ?? [] where unlinkat(folder, name, 0) != 0 {
            let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard inner >= 0 else { continue }
            clear(inner, depth: depth + 1)
            close(inner)
            unlinkat(folder, name, AT_REMOVEDIR)
        }
    }

    /// The names in a folder as they are, UTF-8 or not.
    private static func names(_ folder: Int32) -> [[CChar]]? {
        // A descriptor of its own, since reading a folder moves the position in it.
        let copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return nil }
        guard let stream = fdopendir(copy) else {
            close(copy)
            return nil
        }
        defer { closedir(stream) }
        var names: [[CChar]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
            }
            let isItself = name.elementsEqual([46]) || name.elementsEqual([46, 46])
            if !isItself { names.append(name + [0]) }
        }
        return names
    }
}
