import Glibc
import HeddleModel

/// What is handed to `posix_spawn` for one confined process.
struct ConfinedCommand: Sendable {
    /// The descriptors beside the standard ones, by the number they have in the child; none reaches the command.
    enum Slot {
        static let arguments = 3
        static let info = 4
        /// The other end of ``info``.
        static let infoReader = 5
        /// Where the gate says that it stands, and waits for leave to go on.
        static let ready = 6
        static let go = 7
        static let filter = 8
        /// The first of the generated files.
        static let files = 9
    }

    /// bwrap's own arguments, which it reads from a file: neither `ps` nor `/proc/1/cmdline` inside shows the host.
    let options: [String]
    /// What bwrap runs inside: prlimit, then setpriv for root, then a gate, then the command.
    let inner: [String]
    let environment: [String]
    /// The contents of ``Slot/files`` and the descriptors after it.
    let files: [String]

    /// Puts a command together.
    init(
        _ command: [String],
        policy: SandboxPolicy,
        plan: MountPlan?,
        addresses: GrantedAddresses,
        host: Host
    ) throws(HeddleError) {
        guard let program = command.first, !program.isEmpty, !command.contains(where: { $0.utf8.contains(0) }) else {
            throw HeddleError(.startFailed, "the command is empty or has an impossible argument")
        }
        let environment = try ProcessEnvironment(policy.environment)
        self.environment = environment.early
        var options = ["--unshare-pid", "--die-with-parent", "--new-session"]
        // bwrap holds the reader of its own report: it would die of a broken pipe when the server is killed early,
        // and leave its inner process waiting for ever.
        options += ["--info-fd", "\(Slot.info)", "--sync-fd", "\(Slot.infoReader)"]
        switch policy.level {
        case .none:
            files = []
            options += ["--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--proc", "/proc"]
        case .process:
            files = Self.files(policy, addresses, host.privilege)
            options += Self.namespaces(host.privilege) + host.layout.arguments
            options += Self.generatedFiles(count: files.count) + Self.freshMounts(policy.limits)
            options += (plan?.arguments ?? []) + ["--bind", policy.dataDirectory, "/data", "--remount-ro", "/"]
        }
        options += ["--chdir", Self.workingDirectory(policy)]
        self.options = options
        let limits = ProcessLimits(policy, host: host).arguments
        let late = environment.late.isEmpty ? [] : ["/usr/bin/env", "--"] + environment.late
        inner = limits + Self.dropping(policy, host.privilege) + Self.gate + late + command
    }

    private static func namespaces(_ privilege: Privilege) -> [String] {
        let common = [
            "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "heddle",
            "--seccomp", "\(Slot.filter)",
        ]
        return switch privilege {
        // What setpriv needs, and passing the 0700 data directory on the way to the start directory.
        case .root:
            common + ["--cap-drop", "ALL"]
                + ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_DAC_READ_SEARCH"].flatMap { ["--cap-add", $0] }
        case .user: common + ["--unshare-user", "--uid", "65534", "--gid", "65534"]
        }
    }

    /// Drops to the real user; in a user namespace bwrap itself has dropped everything there is.
    private static func dropping(_ policy: SandboxPolicy, _ privilege: Privilege) -> [String] {
        switch (policy.level, privilege) {
        case (.process, .root):
            let id = "\(policy.userID)"
            return ["/usr/bin/setpriv", "--reuid", id, "--regid", id, "--clear-groups"]
                + ["--inh-caps=-all", "--bounding-set=-all", "--"]
        case (.process, .user), (.none, .root), (.none, .user):
            return []
        }
    }

    /// Holds the command back until control groups and network are there.
    ///
    /// Not `--block-fd`: bwrap takes the end of that file for leave to go on, so that the command would run on its own
    /// when the server is killed meanwhile. The gate ends instead. Its report also says that all set-up went well.
    private static let gate = [
        "/bin/sh", "-c",
        "echo >&\(Slot.ready) && read -r go <&\(Slot.go) && exec \"$@\" \(Slot.ready)>&- \(Slot.go)<&-", "sh",
    ]

    private static func freshMounts(_ limits: ResourceLimits) -> [String] {
        let sized = ["--size", "\(max(limits.temporaryBytes, 4096))", "--perms", "1777", "--tmpfs"]
        return ["--proc", "/proc", "--dev", "/dev"] + sized + ["/dev/shm", "--remount-ro", "/dev"] + sized + ["/tmp"]
    }

    /// Where the process starts; level `none` has no `/data`, so that it means the directory itself.
    private static func workingDirectory(_ policy: SandboxPolicy) -> String {
        let directory = HostPath.normalized(policy.workingDirectory)
        return switch policy.level {
        case .process: directory
        case .none:
            HostPath.isInside(directory, "/data")
                ? policy.dataDirectory + directory.dropFirst("/data".count) : directory
        }
    }
}

extension ConfinedCommand {
    private static let paths = [
        "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/resolv.conf",
    ]

    private static func generatedFiles(count: Int) -> [String] {
        paths.prefix(count).enumerated()
            .flatMap { ["--perms", "0444", "--file", "\(Slot.files + $0.offset)", $0.element] }
    }

    /// The files of `/etc` that programs ask for, in the order of ``paths``.
    private static func files(
        _ policy: SandboxPolicy,
        _ addresses: GrantedAddresses,
        _ privilege: Privilege
    ) -> [String] {
        let id =
            switch privilege {
            case .root: policy.userID
            case .user: UInt32(65_534)
            }
        let isNobody = id == 65_534
        // The user's entry comes first, because a lookup by number takes the first that fits.
        let users = isNobody ? [] : ["heddle:x:\(id):\(id):heddle:/data:/usr/sbin/nologin"]
        let groups = isNobody ? [] : ["heddle:x:\(id):"]
        let files = [
            users + [
                "root:x:0:0:root:/root:/usr/sbin/nologin", "nobody:x:65534:65534:nobody:/data:/usr/sbin/nologin",
            ],
            groups + ["root:x:0:", "nogroup:x:65534:"],
            ["passwd: files", "group: files", "hosts: files dns", "services: files", "protocols: files"],
            ["127.0.0.1 localhost heddle", "::1 localhost"] + addresses.hostsLines,
        ]
        let resolver = policy.network == .publicInternet ? [["nameserver \(SlirpNetwork.resolver)"]] : []
        return (files + resolver).map { $0.joined(separator: "\n") + "\n" }
    }
}
