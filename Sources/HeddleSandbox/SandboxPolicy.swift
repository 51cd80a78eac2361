package import HeddleModel

/// Everything one process is given; what is not named here it does not get.
package struct SandboxPolicy: Sendable {
    /// How strongly the process is kept apart.
    package var level: SandboxLevel
    /// Host paths that appear read-only at the same place inside.
    package var readOnlyPaths: [String]
    /// Host paths that appear writable at the same place inside.
    package var writablePaths: [String]
    /// The host directory that appears writable at `/data`; created with mode 0700 and owned by the process's user.
    ///
    /// It needs a parent of its own: no path in or around that parent is granted. At level `none` there is no `/data`.
    package var dataDirectory: String
    /// The whole environment, secrets included; nothing else is inherited.
    package var environment: [String: String]
    /// Where the process starts, as seen from inside; a path below `/data` means the data directory at every level.
    package var workingDirectory: String
    /// What it may reach; level `none` has the host's network whatever this says.
    package var network: NetworkGrant
    /// The bounds of its whole tree.
    package var limits: ResourceLimits
    /// The real user and group the process runs as when Heddle is root; an ordinary user's Heddle ignores it.
    package var userID: UInt32

    /// Describes a process; the defaults give it nothing beyond its data directory.
    package init(
        level: SandboxLevel = .process,
        readOnlyPaths: [String] = [],
        writablePaths: [String] = [],
        dataDirectory: String,
        environment: [String: String] = [:],
        workingDirectory: String = "/data",
        network: NetworkGrant = .none,
        limits: ResourceLimits = ResourceLimits(),
        userID: UInt32
    ) {
        self.level = level
        self.readOnlyPaths = readOnlyPaths
        self.writablePaths = writablePaths
        self.dataDirectory = dataDirectory
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.network = network
        self.limits = limits
        self.userID = userID
    }
}
