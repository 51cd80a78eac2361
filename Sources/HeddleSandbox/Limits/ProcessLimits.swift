import Glibc
import HeddleModel

/// The bounds that the kernel puts on single processes and users, set by `prlimit` inside.
struct ProcessLimits: Sendable {
    /// prlimit and its switches, to go before what it runs.
    let arguments: [String]

    init(_ policy: SandboxPolicy, host: Host) {
        let limits = policy.limits
        var arguments = ["/usr/bin/prlimit", "--core=0"]
        arguments.append("--nofile=\(Self.bounded(limits.openFiles, by: Self.hardLimit(RLIMIT_NOFILE)))")
        arguments.append("--fsize=\(Self.bounded(limits.fileBytes, by: Self.hardLimit(RLIMIT_FSIZE)))")
        // Not the address space: node and others reserve far more of it than they use.
        arguments.append("--data=\(Self.bounded(limits.memoryBytes, by: Self.hardLimit(RLIMIT_DATA)))")
        // The kernel counts by user, across instances, so that the group is better where there is one. In a user
        // namespace it counts inside only, where bwrap's reaper is one more.
        if host.groups?.limitsProcesses != true {
            let count = limits.processes + 1
            arguments.append("--nproc=\(Self.bounded(count, by: Self.hardLimit(__RLIMIT_NPROC)))")
        }
        self.arguments = arguments + ["--"]
    }

    private static func hardLimit(_ resource: __rlimit_resource) -> UInt {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return .max }
        return UInt(limit.rlim_max)
    }

    /// Without privileges a limit above the own hard one is refused, and with it the start.
    private static func bounded(_ value: Int, by hardLimit: UInt) -> UInt {
        min(UInt(max(value, 1)), hardLimit)
    }
}
