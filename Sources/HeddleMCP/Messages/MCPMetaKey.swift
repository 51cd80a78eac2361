/// The names of the protocol's own members of `_meta` (2026-07-28).
package enum MCPMetaKey {
    package static let protocolVersion = "io.modelcontextprotocol/protocolVersion"
    package static let clientCapabilities = "io.modelcontextprotocol/clientCapabilities"
    /// From which level on a client wants log messages.
    package static let logLevel = "io.modelcontextprotocol/logLevel"
    /// The request that a notice of `subscriptions/listen` belongs to.
    package static let subscriptionID = "io.modelcontextprotocol/subscriptionId"
    package static let clientInfo = "io.modelcontextprotocol/clientInfo"
    /// The extension for calls that go on behind their answer.
    package static let tasks = "io.modelcontextprotocol/tasks"
    package static let serverInfo = "io.modelcontextprotocol/serverInfo"
}
