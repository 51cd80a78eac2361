import Glibc
import HeddleModel

/// Checks that the user an extension runs as can read what its command needs.
struct ReadableCheck {
    /// As root, extensions run as users of their own, for whom only the rights of others count.
    private let isRoot = geteuid() == 0

    /// Looks at files and at the way to them from the folders that are granted.
    ///
    /// What lies above a granted path does not matter: the sandbox makes those folders itself.
    /// - Throws: ``HeddleError`` with `pathNotReadable`, which names the path in its details.
    func check(files: [String], folders: [String]) throws(HeddleError) {
        for folder in folders { try check(folder) }
        for file in files {
            try check(file)
            guard let folder = folders.first(where: { HostPath.isInside(file, $0) }) else { continue }
            for step in HostPath.ancestry(file).prefix(while: { $0 != folder }) { try check(step) }
        }
    }

    private func check(_ path: String) throws(HeddleError) {
        guard let file = HostFile(path) else { return }
        let wanted: UInt32 = file.kind == .folder ? 0o5 : 0o4
        let isReadable =
            isRoot ? file.mode & wanted == wanted : access(path, file.kind == .folder ? R_OK | X_OK : R_OK) == 0
        guard isReadable else { throw Self.refusal(path) }
    }

    static func refusal(_ path: String) -> HeddleError {
        HeddleError(
            .pathNotReadable,
            "'\(HostPath.name(path))' cannot be read by the user that extensions run as",
            details: ["path": path]
        )
    }
}
