/// How strongly an extension's process is kept apart from the host.
package enum SandboxLevel: String, Sendable, Hashable, CaseIterable {
    /// Trusted: it sees the host's files and network, but still lives in a pid namespace so that its tree dies with it.
    case none
    /// The default: own mounts, pid, ipc, uts and network namespaces, an unprivileged user, seccomp and limits.
    case process
}
