import CSeccomp
import Glibc
import HeddleModel

/// The host directory behind `/data`.
enum DataDirectory {
    /// Makes the directory with mode 0700 if it is missing, and hands it to the process's user.
    ///
    /// - Throws: `startFailed` when it cannot be made or is no directory, `grantRefused` for the root directory.
    static func prepare(_ policy: SandboxPolicy, _ privilege: Privilege) throws(HeddleError) -> HostPath {
        let path = HostPath.normalized(policy.dataDirectory)
        guard policy.dataDirectory.hasPrefix("/"), path != "/" else {
            throw HeddleError(.grantRefused, "the data directory of an extension is not a directory of its own")
        }
        do throws(SystemCallError) {
            for directory in HostPath.ancestors(path) + [path] where mkdir(directory, 0o700) != 0 && errno != EEXIST {
                throw SystemCallError("mkdir \(directory)")
            }
            let result = try HostPath(following: path)
            try checkOwner(result.target, policy, privilege)
            return result
        } catch {
            throw HeddleError(.startFailed, "the data directory of the extension cannot be used", cause: error)
        }
    }

    private static func checkOwner(
        _ path: String,
        _ policy: SandboxPolicy,
        _ privilege: Privilege
    ) throws(SystemCallError) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let directory = try Descriptor(checking: open(path, flags), "open \(path)")
        switch (policy.level, privilege) {
        case (.process, .root):
            var status = stat()
            guard fstat(directory.raw, &status) == 0 else { throw SystemCallError("fstat \(path)") }
            guard status.st_uid != policy.userID || status.st_gid != policy.userID else { return }
            guard fchown(directory.raw, policy.userID, policy.userID) == 0 else { throw SystemCallError("fchown") }
        case (.process, .user), (.none, .root), (.none, .user):
            return
        }
    }
}
