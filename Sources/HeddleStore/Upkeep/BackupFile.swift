import Glibc
import HeddleModel

/// A file that comes to be beside its place and is put there as a whole.
struct BackupFile: Sendable {
    /// Where it is written.
    let draft: String
    private let path: String
    private let isReplacing: Bool

    /// Makes an empty file beside the place, for its owner alone.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest` when the place is taken and the file not to be replaced, or is in
    ///   no folder; `.storageFull`.
    init(_ path: String, isReplacing: Bool) throws(HeddleError) {
        guard isReplacing || access(path, F_OK) != 0 else { throw Self.taken(path) }
        self.path = path
        self.isReplacing = isReplacing
        draft = "\(path).\(UInt64.random(in: 0 ... .max)).new"
        do throws(HeddleError) {
            try FileDescriptor.open(draft, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600).setMode(0o600)
        } catch {
            guard error.code != .storageFull else { throw error }
            throw HeddleError(
                .invalidRequest,
                "no file can be written at \(path)",
                details: ["path": path],
                cause: error
            )
        }
    }

    private static func taken(_ path: String) -> HeddleError {
        HeddleError(.invalidRequest, "there is a file at \(path) already", details: ["path": path])
    }

    /// Puts the file in its place once the disk has it, and gives its size.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest` when somebody took the place meanwhile, `.storageFull`.
    func finish() throws(HeddleError) -> Int {
        let file = try FileDescriptor.open(draft, O_RDONLY)
        try file.sync()
        var status = stat()
        guard fstat(file.raw, &status) == 0 else { throw FileDescriptor.failure("fstat", draft) }
        if isReplacing {
            guard rename(draft, path) == 0 else { throw FileDescriptor.failure("rename", path) }
        } else {
            // Unlike a rename it fails where there is a file.
            guard link(draft, path) == 0 else {
                guard errno != EEXIST else { throw Self.taken(path) }
                throw FileDescriptor.failure("link", path)
            }
            unlink(draft)
        }
        try FileDescriptor.open(Self.folder(of: path), O_RDONLY | O_DIRECTORY).sync()
        return Int(status.st_size)
    }

    /// Removes what was written.
    func discard() { unlink(draft) }

    /// The folder that a file is in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
