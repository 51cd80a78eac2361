package import HeddleModel

/// Everything one process is given; what is not named here it does not get.
package struct SandboxPolicy: Sendable {
    package var level: SandboxLevel
    /// Host paths that appear read-only at the same place inside.
    package var readOnlyPaths: [String]
    /// Host paths that appear writable at the same place inside.
    package var writablePaths: [String]
    /// The host directory that appears writable at `/data`; created with mode 0700 and owned by the process's user.
    package var dataDirectory: String
    /// The whole environment, secrets included; nothing else is inherited.
    package var environment: [String: String]
    /// Where the process starts, as seen from inside.
    package var workingDirectory: String
    package var network: NetworkGrant
    package var limits: ResourceLimits
    /// The real user and group the process runs as when Heddle is root; an ordinary user's Heddle ignores it.
    package var userID: UInt32

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
