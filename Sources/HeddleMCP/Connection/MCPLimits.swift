/// The bounds on what one extension process may send.
package struct MCPLimits: Sendable {
    /// Bytes of one message that are kept; a longer answer fails its call.
    package var messageBytes = 32 << 20
    /// Bytes of one overlong line that are skipped before the process is given up.
    package var skippedBytes = 128 << 20
    /// Bytes that may wait for an extension that is behind with reading.
    package var unreadBytes = 64 << 20
    /// Calls under way at once on one connection.
    package var callsInFlight = 1024
    /// Lines that are no JSON-RPC message before the process is given up.
    package var strayLines = 10_000
    /// Pages of one `tools/list`.
    package var listPages = 100
    /// Tools of one extension.
    package var tools = 2_000
    /// Bytes of all tool definitions of one extension.
    package var definitionBytes = 8 << 20
    /// JSON values and names in all tool definitions of one extension; far fewer than one document may have, since they
    /// are stored as one.
    package var definitionEntries = 200_000
    /// How long an extension waits for a client's answer.
    package var patience: Duration = .seconds(300)
    /// What one process may have asked and not been answered.
    package var openAsks = 100
    /// How long the probe for the modern era may take.
    package var probe: Duration = .seconds(10)

    package init() {}
}
