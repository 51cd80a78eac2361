import Glibc

/// Whose rights the server has, which decides how a process is confined.
enum Privilege: Sendable {
    /// No user namespace: bwrap makes the mounts, then setpriv drops to a real user.
    case root
    /// A user namespace. The prefix runs the outside tools as somebody else; it is empty but in tests that are root.
    case user(prefix: [String], id: UInt32)

    /// What this process has.
    static var current: Privilege {
        geteuid() == 0 ? .root : .user(prefix: [], id: geteuid())
    }

    /// The arguments that go before every tool that runs outside the sandbox.
    var prefix: [String] {
        switch self {
        case .root: []
        case .user(let prefix, _): prefix
        }
    }
}
