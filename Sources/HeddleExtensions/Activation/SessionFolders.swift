import Glibc

/// The folders in which an extension keeps data of sessions, each marked with the time at which it was last used for a start.
struct SessionFolders {
    /// Folders that are kept besides those in use.
    var most = 1000
    /// Seconds after which one that was not used goes.
    var age = 7 * 86_400

    private let root: String

    init(root: String) {
        self.root = root
    }

    /// Removes the folders that are too old or too many, the oldest first; those that are named stay and are marked as used.
    func prune(keeping kept: Set<String>) {
        for path in kept { utimensat(AT_FDCWD, path, nil, 0) }
        var idle: [(path: String, used: Int)] = []
        for name in HostFile.names(in: root) {
            let path = "\(root)/\(name)"
            var status = stat()
            guard !kept.contains(path), lstat(path, &status) == 0 else { continue }
            idle.append((path, status.st_mtim.tv_sec))
        }
        let now = time(nil)
        idle.sort { $0.used > $1.used }
        for (index, folder) in idle.enumerated() where index >= most || now - folder.used > age {
            InstallationTree.remove(folder.path)
        }
    }
}
