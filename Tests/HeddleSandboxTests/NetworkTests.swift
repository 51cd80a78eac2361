import Glibc
import HeddleModel
import Testing

@testable import HeddleSandbox

@Suite(
    "The network of a confined process",
    .enabled(if: Requirement.bubblewrap, "skipped: no bubblewrap"),
    .timeLimit(.minutes(2))
)
struct NetworkTests {
    /// Tries to connect and prints what came of it, one line an argument.
    private static let connect = """
        import socket, sys
        for target in sys.argv[1:]:
            try:
                if target.startswith("@"):
                    s = socket.socket(socket.AF_UNIX)
                    s.settimeout(3)
                    s.connect("\\0" + target[1:])
                else:
                    host, port = target.rsplit(":", 1)
                    socket.create_connection((host, int(port)), 3)
                print("open")
            except TimeoutError:
                print("timeout")
            except OSError as e:
                print("refused")
        """

    private func attempt(_ targets: [String], _ fixture: Fixture, in sandbox: Sandbox? = nil) async throws -> [String] {
        let command = ["/usr/bin/python3", "-I", "-S", "-c", Self.connect] + targets
        let result = try await fixture.run(command, in: sandbox)
        return result.output.split(separator: "\n").map(String.init)
    }

    @Test("without a grant reaches neither loopback nor LAN nor abstract sockets", arguments: Mode.available)
    func none(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let loopback = try Listener(address: "127.0.0.1")
            let abstract = try Listener(abstract: "heddle-test-\(UInt32.random(in: 0 ... .max))")
            var targets = ["127.0.0.1:\(loopback.port)", "@" + abstract.name, "192.168.0.1:80", "1.1.1.1:80"]
            let outside = try Listener.outside()
            if let outside { targets.append("\(outside.address):\(outside.port)") }
            #expect(try await attempt(targets, fixture) == targets.map { _ in "refused" })

            // The listeners do answer: a process of the host gets through to them.
            fixture.policy.level = .none
            let reachable = [targets[0], targets[1]] + (outside == nil ? [] : [targets[4]])
            #expect(try await attempt(reachable, fixture) == reachable.map { _ in "open" })
        }
    }

    @Test(
        "with the public Internet has no way to private networks, this machine or its loopback",
        .enabled(if: Requirement.network, "skipped: no slirp4netns or nftables"),
        arguments: Mode.available
    )
    func publicInternet(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.network = .publicInternet
            let sandbox = try tunnelSandbox(mode, fixture)
            let loopback = try Listener(address: "127.0.0.1")
            var targets = [
                "127.0.0.1:\(loopback.port)", "10.0.2.2:\(loopback.port)", "10.0.2.3:80", "169.254.169.254:80",
                "192.168.1.1:80", "172.16.0.1:80", "10.1.2.3:80", "100.64.0.1:80",
            ]
            if let outside = try Listener.outside() { targets.append("\(outside.address):\(outside.port)") }
            let answers = try await attempt(targets, fixture, in: sandbox)
            #expect(answers == targets.map { _ in "refused" })
            let interfaces = try await fixture.python(
                """
                print(open("/etc/resolv.conf").read().strip(), "tap0:" in open("/proc/net/dev").read())
                """,
                in: sandbox
            )
            #expect(interfaces.output == "nameserver 10.0.2.3 True\n", "\(interfaces.error)")
        }
    }

    @Test(
        "with a granted host reaches that address and port and no other",
        .enabled(if: Requirement.network, "skipped: no slirp4netns or nftables"),
        arguments: Mode.available
    )
    func hosts(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            guard let granted = try Listener.outside(), let other = try Listener.outside() else {
                try Test.cancel("skipped: no network interface but the loopback")
            }
            let loopback = try Listener(address: "127.0.0.1")
            fixture.policy.network = .hosts([.init(host: granted.address, port: granted.port)])
            let sandbox = try tunnelSandbox(mode, fixture)
            let targets = [
                "\(granted.address):\(granted.port)", "\(other.address):\(other.port)",
                "10.0.2.2:\(loopback.port)", "127.0.0.1:\(loopback.port)", "10.0.2.3:53", "1.1.1.1:443",
            ]
            let answers = try await attempt(targets, fixture, in: sandbox)
            #expect(answers == ["open", "refused", "refused", "refused", "refused", "refused"])
        }
    }

    @Test(
        "ends its slirp4netns with the process",
        .enabled(if: Requirement.network, "skipped: no slirp4netns or nftables"),
        arguments: Mode.available
    )
    func end(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            fixture.policy.network = .publicInternet
            let process = try await fixture.launch(["/bin/sleep", "100"], in: try tunnelSandbox(mode, fixture))
            Fixture.closeStreams(process)
            func helpers() -> [Int32] {
                ProcessTree.children(of: getpid())
                    .filter { child in
                        ProcessTree.text("/proc/\(child)/comm") == "slirp4netns\n"
                            && ProcessTree.text("/proc/\(child)/net/dev") != nil
                    }
            }
            let before = helpers()
            #expect(!before.isEmpty)
            await process.terminate(grace: .zero)
            // Other tests have theirs; one at least is gone.
            #expect(!before.allSatisfy(helpers().contains))
        }
    }

    @Test("is never set up in the server's own namespace")
    func ownNamespace() throws {
        let error = #expect(throws: HeddleError.self) { try SlirpNetwork.namespaces(of: getpid(), .root) }
        #expect(error?.code == .sandboxUnavailable)
    }

    @Test("has no user namespace to gain rights over it", arguments: Mode.available)
    func configure(_ mode: Mode) async throws {
        try await Fixture.with(mode) { fixture in
            let result = try await fixture.shell(
                "/usr/sbin/nft flush ruleset && echo flushed; unshare -Ur true && echo unshared; echo end"
            )
            #expect(result.output == "end\n")
        }
    }

    /// A sandbox whose ordinary user may open `/dev/net/tun`, as udev arranges on a desktop and not on every server.
    private func tunnelSandbox(_ mode: Mode, _ fixture: Fixture) throws -> Sandbox {
        guard mode == .user, geteuid() == 0 else { return mode.sandbox }
        let device = fixture.scratch + "/tun"
        try #require(mknod(device, S_IFCHR | 0o666, dev_t(10 << 8 | 200)) == 0)
        chmod(device, 0o666)
        let script =
            "mount --bind \(device) /dev/net/tun && exec \(Mode.becomeUnprivileged.joined(separator: " ")) \"$@\""
        let prefix = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script, "sh"]
        return mode.makeSandbox(prefix: prefix)
    }
}
