import Glibc
import HeddleModel
import Logging

/// One start of a confined process, from its policy to its release; blocks, so it runs on a thread of our own.
struct Launch: Sendable {
    let command: [String]
    let policy: SandboxPolicy
    let addresses: GrantedAddresses
    let protectedPaths: [String]
    let host: Host
    let spawner: Spawner
    let monitor: ProcessMonitor
    let logger: Logger
    /// Runs once: when the process is gone, or when it was not started at all.
    let onEnd: @Sendable () -> Void

    /// How long may take what takes milliseconds.
    private static let patience = Duration.seconds(5)

    /// The pipes of a process that was just started.
    private struct Streams {
        let input: Pipe
        let output: Pipe
        let error: Pipe
        let info: Pipe
        let ready: Pipe
        let go: Pipe

        init() throws(SystemCallError) {
            input = try Pipe()
            output = try Pipe()
            error = try Pipe()
            info = try Pipe()
            ready = try Pipe()
            go = try Pipe()
        }

        /// Closes what only the child uses, so that ends of files arrive.
        func closeChildEnds() {
            input.readEnd.close()
            output.writeEnd.close()
            error.writeEnd.close()
            info.writeEnd.close()
            ready.writeEnd.close()
            go.readEnd.close()
        }
    }

    func run() throws -> SandboxedProcess {
        let streams: Streams
        let lifetime: ProcessLifetime
        do {
            streams = try Streams()
            let outer = try start(streams)
            lifetime = ProcessLifetime(outer: outer, monitor: monitor, logger: logger, onEnd: onEnd)
        } catch {
            onEnd()
            throw failure(error)
        }
        lifetime.begin()
        do {
            return try confine(lifetime, streams)
        } catch {
            lifetime.kill()
            throw failure(error)
        }
    }

    // MARK: Start

    private func start(_ streams: Streams) throws -> ChildProcess {
        let bwrap = try host.tools.require("bwrap")
        _ = try host.tools.require("prlimit")
        if case .root = host.privilege { _ = try host.tools.require("setpriv") }
        var policy = policy
        let data = try DataDirectory.prepare(policy, host.privilege)
        policy.dataDirectory = data.target
        let plan = try plan(policy, data)
        let confined = try ConfinedCommand(command, policy: policy, plan: plan, addresses: addresses, host: host)
        let options = confined.options.map { $0 + "\0" }.joined()
        var descriptors = [streams.input.readEnd, streams.output.writeEnd, streams.error.writeEnd]
        descriptors += [try MemoryFile.make(options), streams.info.writeEnd, streams.info.readEnd]
        descriptors += [streams.ready.writeEnd, streams.go.readEnd]
        // bwrap passes on what it was not told to read, so level none gets no filter at all.
        if policy.level == .process { descriptors.append(try MemoryFile.make(host.filter.bytes)) }
        descriptors += try confined.files.map { text throws(SystemCallError) in try MemoryFile.make(text) }
        let arguments =
            host.privilege.prefix + [bwrap, "--args", "\(ConfinedCommand.Slot.arguments)", "--"] + confined.inner
        let outer = try spawner.spawn(
            Spawner.Request(
                path: arguments[0],
                arguments: Array(arguments.dropFirst()),
                environment: confined.environment,
                descriptors: descriptors
            )
        )
        streams.closeChildEnds()
        return outer
    }

    private func plan(_ policy: SandboxPolicy, _ data: HostPath) throws(HeddleError) -> MountPlan? {
        switch policy.level {
        case .none: return nil
        case .process:
            let userID =
                switch host.privilege {
                case .root: policy.userID
                case .user(_, let id): id
                }
            let rules = GrantRules(
                dataParent: HostPath.parent(data.target),
                protectedPaths: protectedPaths,
                userID: userID
            )
            return try MountPlan(policy: policy, layout: host.layout, rules: rules)
        }
    }

    // MARK: Confine

    /// Sets limits and network while the gate waits before the command, then lets it go.
    private func confine(_ lifetime: ProcessLifetime, _ streams: Streams) throws -> SandboxedProcess {
        let deadline = ContinuousClock.now + Self.patience
        guard let childID = InfoReader.childProcessID(from: streams.info.readEnd, until: deadline) else {
            throw setUpFailure(lifetime, streams)
        }
        let inner = try ChildProcess(id: childID)
        guard lifetime.attach(inner: inner) else {
            // The outer bwrap is gone, which makes the inner one ours to collect.
            _ = inner.waitAndReap(until: .now + .seconds(1))
            throw setUpFailure(lifetime, streams)
        }
        guard streams.ready.readEnd.wait(until: deadline),
            !streams.ready.readEnd.read().isEmpty, let gate = ProcessTree.children(of: childID).first
        else {
            throw setUpFailure(lifetime, streams)
        }
        try limit(lifetime, [inner.id, gate])
        try connect(lifetime, inner, until: deadline)
        var line = UInt8(ascii: "\n")
        guard write(streams.go.writeEnd.raw, &line, 1) == 1 else { throw setUpFailure(lifetime, streams) }
        return SandboxedProcess(
            lifetime: lifetime,
            childProcessID: childID,
            input: streams.input.writeEnd,
            output: streams.output.readEnd,
            error: streams.error.readEnd
        )
    }

    private func limit(_ lifetime: ProcessLifetime, _ processes: [Int32]) throws {
        if let groups = host.groups {
            let group: ControlGroup
            do {
                group = try groups.make(policy.limits)
            } catch {
                throw HeddleError(.sandboxUnavailable, "the limits of the process cannot be set", cause: error)
            }
            guard lifetime.attach(group: group) else {
                _ = group.remove()
                throw HeddleError(.startFailed, "the process ended while its limits were set")
            }
            for process in processes { try group.add(process) }
        }
        if host.groups?.limitsMemory != true {
            monitor.after(.milliseconds(50)) { lifetime.watchMemory(limit: policy.limits.memoryBytes) }
        }
    }

    private func connect(
        _ lifetime: ProcessLifetime,
        _ inner: ChildProcess,
        until deadline: ContinuousClock.Instant
    ) throws {
        guard policy.level == .process else { return }
        let own = IPv4Address.ofThisMachine()
        guard let rules = PacketFilter.rules(policy.network, addresses: addresses, ownAddresses: own) else { return }
        let network = try SlirpNetwork.attach(
            to: inner.id,
            rules: rules,
            host: host,
            spawner: spawner,
            deadline: deadline
        )
        guard lifetime.attach(network: network) else {
            network.end()
            _ = network.child.waitAndReap(until: .now + .seconds(1))
            throw HeddleError(.startFailed, "the process ended while its network was set up")
        }
    }

    // MARK: Failures

    /// What bwrap said on standard error before it gave up.
    private func setUpFailure(_ lifetime: ProcessLifetime, _ streams: Streams) -> HeddleError {
        lifetime.kill()
        let deadline = ContinuousClock.now + .seconds(1)
        var text = ""
        while text.utf8.count < 8192, streams.error.readEnd.wait(until: deadline) {
            let part = streams.error.readEnd.read()
            if part.isEmpty { break }
            text += String(decoding: part, as: UTF8.self)
        }
        return HeddleError(
            .startFailed,
            "the sandbox could not be set up",
            cause: ToolFailure(description: text.isEmpty ? "bwrap ended without a word" : text)
        )
    }

    private func failure(_ error: any Error) -> HeddleError {
        if let error = error as? HeddleError { return error }
        return HeddleError(.startFailed, "the process could not be started", cause: error)
    }
}
