import CSeccomp
import Glibc
import HeddleModel
import Synchronization

/// The user-mode network of one confined process: slirp4netns and the filter in its namespace.
final class SlirpNetwork: Sendable {
    /// The address inside under which slirp4netns forwards questions to the host's resolver.
    static let resolver = "10.0.2.3"

    /// What it takes to reach into a namespace; both stay valid when the process's number is used again.
    struct Namespaces {
        let network: Descriptor
        /// The user namespace that owns the network; nil when that is the host's own.
        let user: Descriptor?
    }

    let child: ChildProcess
    /// slirp4netns ends when the other end of its pipe does, so also when this server is killed.
    private let exitPipe: Descriptor

    private init(child: ChildProcess, exitPipe: Descriptor) {
        self.child = child
        self.exitPipe = exitPipe
    }

    /// Ends slirp4netns; the caller still has to reap ``child``.
    func end() {
        exitPipe.close()
        child.kill()
    }

    /// Gives the namespace of `process` a filtered way out, before the process's command runs.
    ///
    /// The set-up of the sandbox has to be complete: bwrap fails when slirp4netns brings the loopback up first.
    ///
    /// - Throws: `sandboxUnavailable` when a tool is missing or fails.
    static func attach(
        to process: Int32,
        rules: String,
        host: Host,
        spawner: Spawner,
        deadline: ContinuousClock.Instant
    ) throws -> SlirpNetwork {
        let slirp = try host.tools.require("slirp4netns")
        let nft = try host.tools.require("nft")
        let nsenter = try host.tools.require("nsenter")
        let namespaces = try namespaces(of: process, host.privilege)
        let (network, ready) = try start(slirp, namespaces, host, spawner)
        do {
            // slirp4netns brings its interface up while nft runs.
            try filter(rules, [nsenter, nft], namespaces, host, spawner, deadline)
            guard ready.wait(until: deadline), ready.read(atMost: 1) == Array("1".utf8) else {
                throw HeddleError(
                    .sandboxUnavailable,
                    "slirp4netns could not set the granted network up; it needs to open /dev/net/tun"
                )
            }
            return network
        } catch {
            network.end()
            _ = network.child.waitAndReap(until: .now + .seconds(2))
            throw error
        }
    }

    private static func start(
        _ slirp: String,
        _ namespaces: Namespaces,
        _ host: Host,
        _ spawner: Spawner
    ) throws -> (SlirpNetwork, ready: Descriptor) {
        let ready = try Pipe()
        let exit = try Pipe()
        let null = try Descriptor.null()
        // setpriv arms the death signal that posix_spawn cannot: it goes off with the launcher thread.
        var arguments = host.privilege.prefix + ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", slirp]
        arguments += ["--configure", "--mtu=65520", "--disable-host-loopback", "--enable-seccomp"]
        arguments += ["--ready-fd=3", "--exit-fd=4", "--netns-type=path"]
        switch host.privilege {
        case .root: arguments.append("--enable-sandbox")
        // Its sandbox wants to become root in the namespace, which a group list of somebody else's prevents.
        case .user: arguments.append("--userns-path=/proc/self/fd/6")
        }
        arguments += ["/proc/self/fd/5", "tap0"]
        let child = try spawner.spawn(
            Spawner.Request(
                path: arguments[0],
                arguments: Array(arguments.dropFirst()),
                environment: Tools.environment,
                descriptors: [null, null, null, ready.writeEnd, exit.readEnd, namespaces.network]
                    + [namespaces.user].compactMap(\.self)
            )
        )
        ready.writeEnd.close()
        return (SlirpNetwork(child: child, exitPipe: exit.writeEnd), ready.readEnd)
    }

    private static func filter(
        _ rules: String,
        _ tools: [String],
        _ namespaces: Namespaces,
        _ host: Host,
        _ spawner: Spawner,
        _ deadline: ContinuousClock.Instant
    ) throws {
        let complaints = try MemoryFile.make([])
        // The server's user is root inside the namespace that owns the network, so that nft keeps its rights.
        let enter =
            namespaces.user == nil
            ? ["--net=/proc/self/fd/3"]
            : ["--preserve-credentials", "--user=/proc/self/fd/4", "--net=/proc/self/fd/3"]
        let arguments = host.privilege.prefix + [tools[0]] + enter + ["--", tools[1], "-f", "-"]
        let child = try spawner.spawn(
            Spawner.Request(
                path: arguments[0],
                arguments: Array(arguments.dropFirst()),
                environment: Tools.environment,
                descriptors: [try MemoryFile.make(rules), complaints, complaints, namespaces.network]
                    + [namespaces.user].compactMap(\.self)
            )
        )
        guard child.waitAndReap(until: deadline) == .exited(0) else {
            lseek(complaints.raw, 0, SEEK_SET)
            let text = String(decoding: complaints.read(), as: UTF8.self)
            throw HeddleError(
                .sandboxUnavailable,
                "nftables could not filter the granted network",
                cause: ToolFailure(description: text)
            )
        }
    }

    /// Opens the namespaces that a process's network is reached through.
    ///
    /// - Throws: `sandboxUnavailable` when they are the server's own.
    static func namespaces(
        of process: Int32,
        _ privilege: Privilege
    ) throws -> Namespaces {
        let path = "/proc/\(process)/ns/net"
        let network = try Descriptor(checking: open(path, O_RDONLY | O_CLOEXEC), "open \(path)")
        // Rules and interface would land in the server's own network, and cut the machine off.
        guard
            try identity(network)
                != identity(Descriptor(checking: open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open"))
        else {
            throw HeddleError(.sandboxUnavailable, "the process has no network namespace of its own")
        }
        switch privilege {
        case .root:
            return Namespaces(network: network, user: nil)
        case .user:
            // bwrap enters a second user namespace later; the network belongs to the first.
            let user = try Descriptor(checking: heddle_namespace_owner(network.raw), "NS_GET_USERNS")
            return Namespaces(network: network, user: user)
        }
    }

    /// What tells one namespace from another.
    private static func identity(_ namespace: Descriptor) throws(SystemCallError) -> ino_t {
        var status = stat()
        guard fstat(namespace.raw, &status) == 0 else { throw SystemCallError("fstat") }
        return status.st_ino
    }
}
