import CSeccomp
import HeddleModel
package import Logging
import Synchronization

/// Starts confined processes; one per server, which lives as long as the server does.
///
/// Its threads never end, because a confined process dies with the thread that started it.
package final class Sandbox: Sendable {
    /// The bounds of a ``Sandbox``.
    package struct Configuration: Sendable {
        /// Bound on live processes.
        package var maximumProcesses: Int
        /// The name of the control group that holds one group a process.
        package var cgroupName: String
        /// Paths that no grant may name, hold or lie in, such as the database and the token.
        ///
        /// The directory that holds the data directory of a process is one of them without being named.
        package var protectedPaths: [String]

        /// Sets the bounds; the defaults suit one server on one machine.
        package init(
            maximumProcesses: Int = 256,
            cgroupName: String = "heddle",
            protectedPaths: [String] = []
        ) {
            self.maximumProcesses = maximumProcesses
            self.cgroupName = cgroupName
            self.protectedPaths = protectedPaths
        }
    }

    /// What is there once the sandbox is prepared.
    private struct Prepared: Sendable {
        let host: Host
        let monitor: ProcessMonitor
        let protectedPaths: [String]
    }

    private struct State {
        var prepared: Prepared?
        var liveProcesses = 0
        /// The bound, which may change.
        var maximumProcesses: Int
    }

    /// The bounds it was made with.
    package let configuration: Configuration
    private let logger: Logger
    private let privilege: Privilege
    private let spawner = Spawner()
    /// Enough that starts overlap where they wait for bwrap; more would only compete for the processors.
    private let workers = WorkerThreads(count: 8)
    /// A resolver that does not answer holds its thread for many seconds, and must not hold up other starts.
    private let resolvers = WorkerThreads(count: 4)
    private let state: Mutex<State>

    /// Makes a sandbox; nothing starts before ``prepare()`` or the first launch.
    package convenience init(configuration: Configuration = Configuration(), logger: Logger) {
        self.init(configuration: configuration, logger: logger, privilege: .current)
    }

    init(configuration: Configuration, logger: Logger = Logger(label: "heddle.sandbox"), privilege: Privilege) {
        self.configuration = configuration
        self.logger = logger
        self.privilege = privilege
        state = Mutex(State(maximumProcesses: configuration.maximumProcesses))
    }

    /// Finds the tools, builds the system call filter and removes the control groups of dead servers.
    ///
    /// - Throws: `sandboxUnavailable` when the filter cannot be built or the process is out of descriptors.
    package func prepare() throws {
        _ = try prepared()
    }

    /// Sets another bound on live processes; those that are above it run on.
    package func setMaximumProcesses(_ maximum: Int) { state.withLock { $0.maximumProcesses = maximum } }

    /// How many confined processes are alive or about to be.
    package var liveProcesses: Int { state.withLock { $0.liveProcesses } }

    /// Starts a command confined.
    ///
    /// The command is looked up inside, in the `PATH` of the policy's environment: one that is not there exits with
    /// 127. `PWD` is the one variable that is added to the environment; it always names the working directory.
    /// - Throws: `sandboxUnavailable` when a part of the sandbox is missing, which is never left out instead,
    ///   `tooManyRequests` at the bound, `grantRefused` and `pathNotReadable` for paths and hosts of the policy, and
    ///   `startFailed` for everything else, with what bwrap said as the cause.
    package func launch(_ command: [String], policy: SandboxPolicy) async throws -> SandboxedProcess {
        try reserve()
        let launch: Launch
        do {
            let prepared = try prepared()
            if policy.level == .process { try prepared.host.check(policy.limits) }
            let addresses = try await resolve(policy)
            launch = Launch(
                command: command,
                policy: policy,
                addresses: addresses,
                protectedPaths: prepared.protectedPaths,
                host: prepared.host,
                spawner: spawner,
                monitor: prepared.monitor,
                logger: logger,
                onEnd: { self.state.withLock { $0.liveProcesses -= 1 } }
            )
        } catch {
            state.withLock { $0.liveProcesses -= 1 }
            throw error
        }
        let process = try await workers.run { try launch.run() }
        guard !Task.isCancelled else {
            close(process)
            throw HeddleError(.cancelled, "the start was cancelled")
        }
        return process
    }
}

extension Sandbox {
    private func reserve() throws(HeddleError) {
        let bound = state.withLock { state -> Int? in
            guard state.liveProcesses < state.maximumProcesses else { return state.maximumProcesses }
            state.liveProcesses += 1
            return nil
        }
        if let bound {
            throw HeddleError(
                .tooManyRequests,
                "the bound on extension processes is reached",
                details: ["limit": "\(bound)"]
            )
        }
    }

    private func prepared() throws(HeddleError) -> Prepared {
        // Under the lock, so that first launches at the same time look at the host once.
        try state.withLock { state throws(HeddleError) in
            if let prepared = state.prepared { return prepared }
            let host = try Host(privilege: privilege, cgroupName: configuration.cgroupName)
            let monitor: ProcessMonitor
            do {
                monitor = try ProcessMonitor()
            } catch {
                throw HeddleError(.sandboxUnavailable, "the process is out of descriptors", cause: error)
            }
            // bwrap leaves its inner process to init, which in many a container does not collect it.
            _ = heddle_become_subreaper()
            if host.groups?.limitsMemory != true {
                logger.warning(
                    "No memory control group: the memory of extensions is watched from outside, not limited by the kernel"
                )
            }
            let paths = configuration.protectedPaths.map { (try? HostPath(following: $0).target) ?? $0 }
            let prepared = Prepared(host: host, monitor: monitor, protectedPaths: paths)
            state.prepared = prepared
            return prepared
        }
    }

    private func resolve(_ policy: SandboxPolicy) async throws -> GrantedAddresses {
        switch (policy.level, policy.network) {
        case (.process, .hosts): try await resolvers.runAbandonable { try GrantedAddresses.resolve(policy.network) }
        case (.process, .none), (.process, .publicInternet), (.none, _): .none
        }
    }

    /// Closes the streams of a process that nobody will get.
    private func close(_ process: SandboxedProcess) {
        for descriptor in [process.standardInput, process.standardOutput, process.standardError] {
            Descriptor(descriptor).close()
        }
    }
}

extension Sandbox {
    /// One thing the sandbox needs of the host, or one limit of it.
    package struct Finding: Sendable, Equatable {
        /// The tool or the ability, as `heddle doctor` lists it.
        package let name: String
        /// Whether it is there.
        package let isAvailable: Bool
        /// Whether no extension can be confined without it.
        package var isRequired = false
        /// One sentence for people; it names what to install or to change.
        package let detail: String
    }

    /// Looks at everything the sandbox needs, and starts one probe; blocks the calling thread for some milliseconds.
    package func findings() -> [Finding] {
        do {
            return Diagnosis(host: try prepared().host, spawner: spawner).findings()
        } catch {
            return [Finding(name: "sandbox", isAvailable: false, isRequired: true, detail: error.message)]
        }
    }
}
