/// What an operator told pip: where packages come from, through which proxy, and whom to trust.
struct PipConfiguration: Sendable {
    /// A file of the server's user that is copied into the home directory of the installation.
    struct UserFile: Sendable, Equatable {
        let source: String
        /// Where pip looks for it, relative to the home directory.
        let place: String
    }

    let environment: [String: String]
    /// Configuration files of the whole host, and the files and folders that any of it names.
    let readOnlyPaths: [String]
    let userFiles: [UserFile]

    /// Options that say where to install and what to write, which is not the operator's to say here.
    private static let ownOptions: Set<String> = [
        "PIP_BREAK_SYSTEM_PACKAGES", "PIP_CACHE_DIR", "PIP_DRY_RUN", "PIP_EDITABLE", "PIP_IGNORE_INSTALLED",
        "PIP_ISOLATED", "PIP_LOG", "PIP_NO_BINARY", "PIP_NO_CACHE_DIR", "PIP_NO_COMPILE", "PIP_NO_DEPS",
        "PIP_ONLY_BINARY", "PIP_PREFIX", "PIP_PROGRESS_BAR", "PIP_PYTHON", "PIP_QUIET", "PIP_REPORT",
        "PIP_REQUIREMENT", "PIP_REQUIRE_HASHES", "PIP_ROOT", "PIP_SRC", "PIP_TARGET", "PIP_UPGRADE", "PIP_USER",
        "PIP_VERBOSE",
    ]

    private static let trustAndProxies: Set<String> = [
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY",
        "ALL_PROXY", "NO_PROXY",
    ]

    /// Gathers it from the server's environment and pip's files.
    init(environment: [String: String], rules: GrantRules) {
        self.environment = environment.filter { name, _ in
            (name.hasPrefix("PIP_") && !Self.ownOptions.contains(name))
                || Self.trustAndProxies.contains(name.uppercased())
        }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let candidates = [
            (environment["XDG_CONFIG_HOME"] ?? home.map { $0 + "/.config" })
                .map {
                    UserFile(source: $0 + "/pip/pip.conf", place: ".config/pip/pip.conf")
                },
            home.map { UserFile(source: $0 + "/.pip/pip.conf", place: ".pip/pip.conf") },
        ]
        userFiles = candidates.compactMap(\.self).filter { HostFile.isRegular($0.source) }
        let folders = (environment["XDG_CONFIG_DIRS"] ?? "/etc/xdg").split(separator: ":").map(String.init)
        let shared = (folders.map { $0 + "/pip/pip.conf" } + ["/etc/pip.conf"]).filter(HostFile.isRegular)
        let own = self.environment["PIP_CONFIG_FILE"].map { [$0] } ?? []
        let texts = (shared + own + userFiles.map(\.source)).compactMap { HostFile.read($0, upTo: 1 << 20) }
        let named = Self.paths(in: Array(self.environment.values) + texts.map { String(decoding: $0, as: UTF8.self) })
        readOnlyPaths = HostPath.minimal((shared + named).filter { !rules.isNeverGranted($0) })
    }

    /// The absolute paths in values and configuration files that exist, such as certificates and folders of wheels.
    private static func paths(in texts: [String]) -> [String] {
        texts.flatMap { text in
            text.split { $0.isWhitespace || $0 == "," || $0 == "=" }
                .map { String($0.trimmingPrefix("file://")) }
                .filter { $0.hasPrefix("/") && HostFile($0) != nil }
                .map(HostPath.normalised)
        }
    }
}
