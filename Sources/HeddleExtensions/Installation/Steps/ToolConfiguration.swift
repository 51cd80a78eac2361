/// What an operator told pip or npm: where packages come from, through which proxy, and whom to trust.
struct ToolConfiguration: Sendable {
    /// A file of the server's user that is copied into the home directory of the installation.
    struct UserFile: Sendable, Equatable {
        let source: String
        /// Where the tool looks for it, relative to the home directory.
        let place: String
    }

    let environment: [String: String]
    /// Configuration files of the whole host, and the files and folders that any of it names.
    let readOnlyPaths: [String]
    let userFiles: [UserFile]

    private static let trustAndProxies: Set<String> = [
        "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY",
        "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    ]

    /// Gathers it from the server's environment and the tool's files.
    init(of tool: Tool, environment: [String: String], rules: GrantRules) {
        let told = environment.filter { name, _ in
            let upper = name.uppercased()
            return (upper.hasPrefix(tool.prefix) && !tool.ownOptions.contains(upper))
                || Self.trustAndProxies.contains(upper)
        }
        self.environment = told
        userFiles = tool.userFiles(environment).filter { HostFile.isRegular($0.source) }
        let shared = tool.sharedFiles(environment).filter(HostFile.isRegular)
        let own = tool.fileVariables.compactMap { told[$0] }
        let texts = (shared + own + userFiles.map(\.source)).compactMap { HostFile.read($0, upTo: 1 << 20) }
        let named = Self.paths(in: Array(told.values) + texts.map { String(decoding: $0, as: UTF8.self) })
        readOnlyPaths = HostPath.minimal((shared + named).filter { !rules.isNeverGranted($0) })
    }

    /// Copies the user's files to a home directory, because the configuration of a person is often readable to that person
    /// alone.
    func copyUserFiles(to home: String) -> Bool {
        userFiles.allSatisfy { file in
            let target = home + "/" + file.place
            let bytes = HostFile.read(file.source, upTo: 1 << 20) ?? []
            return InstallationTree.makeFolder(HostPath.parent(target))
                && InstallationTree.write(bytes, to: target, mode: 0o600)
        }
    }

    /// The absolute paths in values and configuration files that exist, such as certificates and folders of wheels.
    private static func paths(in texts: [String]) -> [String] {
        texts.flatMap { text in
            text.split { $0.isWhitespace || $0 == "," || $0 == "=" }
                .map { String($0.trimmingPrefix("file://").trimmingPrefix("\"").prefix { $0 != "\"" }) }
                .filter { $0.hasPrefix("/") && HostFile($0) != nil }
                .map(HostPath.normalised)
        }
    }
}

extension ToolConfiguration {
    /// Where a tool looks for what it was told.
    struct Tool: Sendable {
        /// What the names of its variables begin with, in upper case.
        let prefix: String
        /// Options that say where to install and what to write, which is not the operator's to say here.
        let ownOptions: Set<String>
        /// Variables that name a configuration file.
        let fileVariables: [String]
        let userFiles: @Sendable (_ environment: [String: String]) -> [UserFile]
        let sharedFiles: @Sendable (_ environment: [String: String]) -> [String]
    }

    private static func home(_ environment: [String: String]) -> String? {
        environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
}

extension ToolConfiguration.Tool {
    static let pip = ToolConfiguration.Tool(
        prefix: "PIP_",
        ownOptions: [
            "PIP_BREAK_SYSTEM_PACKAGES", "PIP_CACHE_DIR", "PIP_DRY_RUN", "PIP_EDITABLE", "PIP_IGNORE_INSTALLED",
            "PIP_ISOLATED", "PIP_LOG", "PIP_NO_BINARY", "PIP_NO_CACHE_DIR", "PIP_NO_COMPILE", "PIP_NO_DEPS",
            "PIP_ONLY_BINARY", "PIP_PREFIX", "PIP_PROGRESS_BAR", "PIP_PYTHON", "PIP_QUIET", "PIP_REPORT",
            "PIP_REQUIREMENT", "PIP_REQUIRE_HASHES", "PIP_ROOT", "PIP_SRC", "PIP_TARGET", "PIP_UPGRADE", "PIP_USER",
            "PIP_VERBOSE",
        ],
        fileVariables: ["PIP_CONFIG_FILE"],
        userFiles: { environment in
            let home = ToolConfiguration.home(environment)
            let folder = environment["XDG_CONFIG_HOME"] ?? home.map { $0 + "/.config" }
            return [
                folder.map { .init(source: $0 + "/pip/pip.conf", place: ".config/pip/pip.conf") },
                home.map { .init(source: $0 + "/.pip/pip.conf", place: ".pip/pip.conf") },
            ]
            .compactMap(\.self)
        },
        sharedFiles: { environment in
            let folders = (environment["XDG_CONFIG_DIRS"] ?? "/etc/xdg").split(separator: ":").map(String.init)
            return folders.map { $0 + "/pip/pip.conf" } + ["/etc/pip.conf"]
        }
    )

    static let npm = ToolConfiguration.Tool(
        prefix: "NPM_CONFIG_",
        ownOptions: [
            "NPM_CONFIG_AUDIT", "NPM_CONFIG_CACHE", "NPM_CONFIG_DRY_RUN", "NPM_CONFIG_FUND", "NPM_CONFIG_GIT",
            "NPM_CONFIG_GLOBAL",
            "NPM_CONFIG_IGNORE_SCRIPTS", "NPM_CONFIG_LOCATION", "NPM_CONFIG_LOGLEVEL", "NPM_CONFIG_PACKAGE_LOCK",
            "NPM_CONFIG_PREFIX", "NPM_CONFIG_PROGRESS", "NPM_CONFIG_SCRIPT_SHELL", "NPM_CONFIG_TMP",
            "NPM_CONFIG_UPDATE_NOTIFIER",
        ],
        fileVariables: ["NPM_CONFIG_USERCONFIG", "NPM_CONFIG_GLOBALCONFIG"],
        userFiles: { environment in
            ToolConfiguration.home(environment).map { [.init(source: $0 + "/.npmrc", place: ".npmrc")] } ?? []
        },
        sharedFiles: { _ in ["/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc"] }
    )
}
