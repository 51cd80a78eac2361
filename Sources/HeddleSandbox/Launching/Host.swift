import HeddleModel

/// What the host has for the sandbox, found once.
struct Host: Sendable {
    let privilege: Privilege
    let tools: Tools
    let layout: SystemLayout
    let filter: SyscallFilter
    /// Nil where limits are the processes' own and a watch on their sum.
    let groups: ControlGroups?

    /// Refuses limits that nothing on this host could keep.
    ///
    /// - Throws: `sandboxUnavailable`.
    func check(_ limits: ResourceLimits) throws(HeddleError) {
        guard limits.cpuPercent != nil, groups?.limitsProcessor != true else { return }
        throw HeddleError(
            .sandboxUnavailable,
            "a limit on processor time needs a control group, which this server has none of; leave 'cpu_percent' out, "
                + "or run the server as root or as a systemd service with Delegate=yes",
            details: ["limit": "cpu_percent"]
        )
    }

    /// Looks at the host and removes what dead servers left.
    ///
    /// - Throws: `sandboxUnavailable` when the system call filter cannot be built.
    init(privilege: Privilege, cgroupName: String) throws(HeddleError) {
        self.privilege = privilege
        tools = Tools()
        layout = SystemLayout()
        filter = try SyscallFilter()
        switch privilege {
        case .root: groups = ControlGroups(name: cgroupName)
        // Behind a prefix the server is root and would find groups that an ordinary user does not have.
        case .user(let prefix, _): groups = prefix.isEmpty ? ControlGroups(name: cgroupName) : nil
        }
        groups?.sweep()
        Orphans.sweep()
    }
}
