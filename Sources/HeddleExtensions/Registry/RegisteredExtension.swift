package import HeddleMCP
package import HeddleModel
package import JSON

/// One version of an extension, as the registry knows it.
package struct RegisteredExtension: Sendable {
    package let name: ExtensionName
    /// Numbers the versions of an extension from 1 in the order in which they came.
    package let generation: Int
    /// The version that ran when this one came, which a rollback goes back to; nil for the first.
    package let predecessor: Int?
    package let manifest: Manifest
    package let source: ExtensionSource
    package let grants: Grants
    /// What the operator chose over what the manifest says, for the versions that follow.
    package let choices: OperatorChoices
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
    /// What the server said at its last start that it can do; nil when it was started by an older Heddle last.
    package var abilities: MCPAbilities?
    /// The version that waits to be accepted in the place of this one.
    package var pending: PendingVersion?
    /// Who signed what it was installed from, in words; empty when nobody did.
    package var signature = ""
    /// How long each stage of its registration took, for people.
    ///
    /// What is stored cannot know how long storing it took: `persist` is in here until the server restarts.
    package var stages: JSONValue = []
    /// When this version came.
    package let createdAt: Timestamp
    package var updatedAt: Timestamp
    /// Counts the edits, for `If-Match`.
    package var edits: Int

    package var isHeld: Bool { heldTools != nil }

    package init(
        name: ExtensionName,
        generation: Int = 1,
        predecessor: Int? = nil,
        manifest: Manifest,
        source: ExtensionSource,
        grants: Grants,
        choices: OperatorChoices = OperatorChoices(),
        configuration: JSONValue? = nil,
        userID: UInt32,
        createdAt: Timestamp
    ) {
        self.name = name
        self.generation = generation
        self.predecessor = predecessor
        self.manifest = manifest
        self.source = source
        self.grants = grants
        self.choices = choices
        self.configuration = configuration
        self.userID = userID
        self.createdAt = createdAt
        state = .registered
        tools = []
        updatedAt = createdAt
        edits = 1
    }
}
