package import HeddleMCP
package import HeddleModel
package import JSON

/// One extension with its current version, as the registry knows it.
package struct RegisteredExtension: Sendable {
    package let name: ExtensionName
    package let manifest: Manifest
    package let source: ExtensionSource
    package let grants: Grants
    /// What its processes are told; nil when it takes nothing.
    package let configuration: JSONValue?
    /// The real user its processes run as when Heddle is root.
    package let userID: UInt32
    package var state: ExtensionState
    /// What runs: the resolved program, what it reads, and the environment it needs; nil until installed.
    package var resolved: ResolvedCommand?
    /// The tools that were accepted.
    package var tools: [ToolDefinition]
    /// The tools that came instead and wait to be accepted.
    package var heldTools: [ToolDefinition]?
    /// How the server wants to be greeted, remembered from an earlier start.
    package var revision: MCPRevision?
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    /// Counts the edits, for `If-Match`.
    package var edits: Int

    package var isHeld: Bool { heldTools != nil }

    package init(
        name: ExtensionName,
        manifest: Manifest,
        source: ExtensionSource,
        grants: Grants,
        configuration: JSONValue? = nil,
        userID: UInt32,
        createdAt: Timestamp
    ) {
        self.name = name
        self.manifest = manifest
        self.source = source
        self.grants = grants
        self.configuration = configuration
        self.userID = userID
        self.createdAt = createdAt
        state = .registered
        tools = []
        updatedAt = createdAt
        edits = 1
    }
}
