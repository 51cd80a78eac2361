import Glibc
import HeddleModel

/// The programs of the host that the sandbox is made of, by where they are.
struct Tools: Sendable {
    /// The Debian package of every tool.
    static let packages = [
        "bwrap": "bubblewrap", "prlimit": "util-linux", "setpriv": "util-linux", "nsenter": "util-linux",
        "slirp4netns": "slirp4netns", "nft": "nftables",
    ]

    /// The environment of tools that run outside a sandbox.
    static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]

    private let paths: [String: String]

    /// Looks in the system's own directories only: `PATH` may lead to shims, and these run as root.
    init(directories: [String] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]) {
        var paths: [String: String] = [:]
        for name in Self.packages.keys {
            paths[name] = directories.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
        }
        self.paths = paths
    }

    func path(_ name: String) -> String? {
        paths[name]
    }

    /// The path of a tool.
    ///
    /// - Throws: `sandboxUnavailable`, with the package to install, when it is missing.
    func require(_ name: String) throws(HeddleError) -> String {
        guard let path = paths[name] else {
            let package = Self.packages[name] ?? name
            throw HeddleError(
                .sandboxUnavailable,
                "the sandbox needs '\(name)'; install the package '\(package)'",
                details: ["tool": name, "package": package]
            )
        }
        return path
    }
}
