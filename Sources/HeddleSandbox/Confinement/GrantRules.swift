import CSeccomp
import Glibc
import HeddleModel

/// What no grant may name, and what the process's user has to be able to read.
struct GrantRules: Sendable {
    /// The directory that holds the data of all extensions.
    let dataParent: String
    /// Paths of the server's own, such as its database and its token.
    let protectedPaths: [String]
    /// The user whose access counts, or nil for the server's own.
    let userID: UInt32?

    /// Kernel interfaces, and the place of the extension's own data.
    private static let reserved = ["/proc", "/sys", "/dev", "/data"]

    /// Refuses a path that is never granted.
    ///
    /// - Throws: `grantRefused`.
    func check(_ path: HostPath) throws(HeddleError) {
        for place in [path.given, path.target] + path.links.map(\.path) {
            if place == "/" { throw refusal(path, "the root directory is never granted") }
            if Self.reserved.contains(where: { HostPath.isInside(place, $0) }) {
                throw refusal(path, "a path below /proc, /sys, /dev or /data is never granted")
            }
        }
        let own = (dataParent == "/" ? [] : [dataParent]) + protectedPaths
        for place in own where Self.overlaps(path.target, place) {
            throw refusal(path, "a path that holds or lies in Heddle's own data is never granted")
        }
    }

    /// Refuses a link that the extension could have put where it may write, to point the next start elsewhere.
    ///
    /// - Throws: `grantRefused`.
    func check(_ path: HostPath, insideWritable directories: [HostPath]) throws(HeddleError) {
        for directory in directories
        where HostPath.isInside(path.given, directory.given) && !HostPath.isInside(path.target, directory.target) {
            throw refusal(path, "a path below a writable grant leads out of it")
        }
    }

    /// Asks the kernel whether the process's user may use the path.
    ///
    /// Only the path itself counts: inside, the directories above it are fresh ones.
    /// - Throws: `pathNotReadable`.
    func checkAccess(_ path: HostPath, isWritable: Bool) throws(HeddleError) {
        do throws(SystemCallError) {
            let descriptor = try Descriptor(checking: heddle_open_path(path.target), "open")
            var status = stat()
            guard fstat(descriptor.raw, &status) == 0 else { throw SystemCallError("fstat") }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            let mode = R_OK | (isWritable ? W_OK : 0) | (isDirectory ? X_OK : 0)
            let answer =
                if let userID, geteuid() == 0 {
                    heddle_access_as(descriptor.raw, userID, mode)
                } else {
                    heddle_access(descriptor.raw, mode)
                }
            guard answer == 0 else { throw SystemCallError("access") }
        } catch {
            throw unreadable(path.given, isWritable: isWritable, cause: error)
        }
    }

    /// The error for a path that is not there or not accessible.
    func unreadable(_ path: String, isWritable: Bool, cause: SystemCallError) -> HeddleError {
        let verb = isWritable ? "read and write" : "read"
        return HeddleError(
            .pathNotReadable,
            "the extension's user cannot \(verb) a path that it is given",
            details: ["path": path, "reason": String(cString: strerror(cause.number))],
            cause: cause
        )
    }

    private func refusal(_ path: HostPath, _ message: String) -> HeddleError {
        HeddleError(.grantRefused, message, details: ["path": path.given])
    }

    private static func overlaps(_ first: String, _ second: String) -> Bool {
        HostPath.isInside(first, second) || HostPath.isInside(second, first)
    }
}
