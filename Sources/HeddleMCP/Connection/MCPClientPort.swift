package import JSON

/// The client behind a call: what it can do, and how the extension reaches it while the call runs.
///
/// The closures are called on the connection's event loop, so they must not block.
package struct MCPClientPort: Sendable {
    /// What the client says it can do, an object's bytes without line breaks; told to extensions of the modern era.
    package var capabilities: [UInt8]
    /// From which level on the client wants log messages; nil for none.
    package var logLevel: String?
    /// Whether the client goes on with calls that need input, and takes results of other types than `complete`.
    package var takesAllResults: Bool
    /// The conversation of the client, all of whose calls may be asked what any of them is; nil when each stands alone.
    package var conversation: String?
    /// Gets what the extension asks; nil when nobody can be asked.
    package var ask: (@Sendable (MCPAsk) -> Void)?
    /// Gets the parameters of log messages that belong to the call.
    package var log: (@Sendable (JSONView) -> Void)?

    package init(
        capabilities: [UInt8] = Array("{}".utf8),
        logLevel: String? = nil,
        takesAllResults: Bool = false,
        conversation: String? = nil,
        ask: (@Sendable (MCPAsk) -> Void)? = nil,
        log: (@Sendable (JSONView) -> Void)? = nil
    ) {
        self.capabilities = capabilities
        self.logLevel = logLevel
        self.takesAllResults = takesAllResults
        self.conversation = conversation
        self.ask = ask
        self.log = log
    }
}
