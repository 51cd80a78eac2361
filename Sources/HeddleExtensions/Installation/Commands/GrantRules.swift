import HeddleModel

/// What is never granted, whoever asks.
struct GrantRules: Sendable {
    /// Folders that hold much more than one program; an operator may grant them by name, a command line never does.
    private static let broad: Set<String> = [
        "/bin", "/boot", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/root", "/run", "/sbin", "/srv",
        "/tmp", "/usr", "/usr/local", "/var", "/var/lib", "/var/log", "/var/tmp",
    ]

    /// Heddle's data and the home directories, under every spelling.
    private let protectedPaths: [String]

    init(protectedPaths: [String]) {
        let texts = protectedPaths.map(HostPath.normalised)
        self.protectedPaths = Set(texts + texts.compactMap(HostFile.realPath)).sorted()
    }

    /// Whether a path belongs to the kernel or holds a protected path.
    func isNeverGranted(_ path: String) -> Bool {
        if path == "/" { return true }
        if ["/proc", "/sys", "/dev"].contains(where: { HostPath.isInside(path, $0) }) { return true }
        return protectedPaths.contains { HostPath.isInside($0, path) }
    }

    /// Whether a path is too much to be granted because of a command line alone.
    func isTooBroad(_ path: String) -> Bool {
        isNeverGranted(path) || Self.broad.contains(path) || HostPath.parent(path) == "/home"
    }
}
