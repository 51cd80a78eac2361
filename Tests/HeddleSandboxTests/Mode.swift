import Glibc
import Testing

@testable import HeddleSandbox

/// The two ways to confine: escape tests run in both.
enum Mode: String, CaseIterable, CustomTestStringConvertible {
    case root
    case user

    /// The user of extensions in `root`, and the user that plays the ordinary one in `user` when the tests are root.
    static let unprivileged: UInt32 = 65_534

    /// What this machine and this user can run.
    static let available: [Mode] = geteuid() == 0 ? [.root, .user] : [.user]

    var testDescription: String { rawValue }

    /// The user whose rights a confined process has on the host.
    var userID: UInt32 {
        switch self {
        case .root: 61_234
        case .user: geteuid() == 0 ? Self.unprivileged : geteuid()
        }
    }

    /// One sandbox for all tests, as a server has.
    var sandbox: Sandbox {
        switch self {
        case .root: Self.rootSandbox
        case .user: Self.userSandbox
        }
    }

    func makeSandbox(_ configuration: Sandbox.Configuration = .init(), prefix: [String]? = nil) -> Sandbox {
        Sandbox(configuration: configuration, privilege: privilege(prefix))
    }

    private static let rootSandbox = Mode.root.makeSandbox()
    private static let userSandbox = Mode.user.makeSandbox()

    private func privilege(_ prefix: [String]?) -> Privilege {
        switch self {
        case .root: .root
        case .user: .user(prefix: geteuid() == 0 ? prefix ?? Self.becomeUnprivileged : [], id: userID)
        }
    }

    /// Runs bwrap as an ordinary user does, from a test that is root.
    static let becomeUnprivileged = [
        "/usr/bin/setpriv", "--reuid", "\(unprivileged)", "--regid", "\(unprivileged)", "--clear-groups", "--",
    ]
}

/// What a test needs of the machine; in CI everything has to be there, so that nothing is skipped unseen.
enum Requirement {
    static let bubblewrap = isCI || exists("bwrap")
    static let network = isCI || (exists("bwrap") && exists("slirp4netns") && exists("nft"))

    private static let isCI = getenv("CI").map { String(cString: $0) } == "true"

    private static func exists(_ tool: String) -> Bool {
        ["/usr/bin/", "/usr/sbin/"].contains { access($0 + tool, X_OK) == 0 }
    }
}
