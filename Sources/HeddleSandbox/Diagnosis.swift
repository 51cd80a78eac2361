import Glibc

/// What the host has and lacks for the sandbox, in sentences.
struct Diagnosis {
    typealias Finding = Sandbox.Finding

    let host: Host
    let spawner: Spawner

    func findings() -> [Finding] {
        // setpriv changes to the user of an extension, which only root can.
        let needed: Set<String> = geteuid() == 0 ? ["bwrap", "prlimit", "setpriv"] : ["bwrap", "prlimit"]
        let tools = Tools.packages.sorted { $0.key < $1.key }
            .map { name, package in
                let path = host.tools.path(name)
                return Finding(
                    name: name,
                    isAvailable: path != nil,
                    isRequired: needed.contains(name),
                    detail: path.map { "found at \($0)" } ?? "missing; install the package '\(package)'"
                )
            }
        return tools + [namespaces, tunnel, memory, processes]
    }

    /// Tries what every start does.
    private var namespaces: Finding {
        guard let bwrap = host.tools.path("bwrap") else {
            return Finding(
                name: "namespaces",
                isAvailable: false,
                isRequired: true,
                detail: "cannot be tried without bwrap"
            )
        }
        let arguments =
            host.privilege.prefix + [bwrap, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
            + ["--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--", "/usr/bin/true"]
        do {
            let null = try Descriptor.null()
            let complaints = try MemoryFile.make([])
            let child = try spawner.spawn(
                Spawner.Request(
                    path: arguments[0],
                    arguments: Array(arguments.dropFirst()),
                    environment: Tools.environment,
                    descriptors: [null, null, complaints]
                )
            )
            if child.waitAndReap(until: .now + .seconds(5)) == .exited(0) {
                return Finding(name: "namespaces", isAvailable: true, isRequired: true, detail: "bwrap can make them")
            }
            lseek(complaints.raw, 0, SEEK_SET)
            let text =
                String(decoding: complaints.read(), as: UTF8.self).split(separator: "\n").last ?? "no reason given"
            return Finding(
                name: "namespaces",
                isAvailable: false,
                isRequired: true,
                detail: "bwrap cannot make them: \(text)"
            )
        } catch {
            return Finding(
                name: "namespaces",
                isAvailable: false,
                isRequired: true,
                detail: "bwrap does not start: \(error)"
            )
        }
    }

    private var tunnel: Finding {
        let path = "/dev/net/tun"
        let isAvailable =
            if let device = try? Descriptor(checking: open(path, O_RDWR | O_CLOEXEC), "open") {
                device.raw >= 0
            } else {
                false
            }
        return Finding(
            name: "granted network",
            isAvailable: isAvailable,
            detail: isAvailable
                ? "\(path) can be opened"
                : "\(path) cannot be opened, so that no extension can be granted the network; "
                    + "load the module 'tun' and let the user read and write the device"
        )
    }

    private var memory: Finding {
        host.groups?.limitsMemory == true
            ? Finding(name: "memory limit", isAvailable: true, detail: "kept by the kernel for the whole tree")
            : Finding(
                name: "memory limit",
                isAvailable: false,
                detail:
                    "no memory control group here: each process has the limit, and the sum is watched from outside; "
                    + "run as root or as a systemd service with Delegate=yes for an exact one"
            )
    }

    private var processes: Finding {
        host.groups?.limitsProcesses == true
            ? Finding(name: "process limit", isAvailable: true, detail: "kept by the kernel for the whole tree")
            : Finding(
                name: "process limit",
                isAvailable: false,
                detail: "no process control group here: the kernel counts by user instead"
            )
    }
}
