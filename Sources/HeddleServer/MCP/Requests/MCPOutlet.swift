import HeddleMCP

/// What reaches a client before its answer does.
struct MCPOutlet: Sendable {
    /// Sends a notification; one that may be missing is dropped when the client is behind.
    let notify: @Sendable (_ message: [UInt8], _ isDroppable: Bool) -> Void
    /// Sends what an extension asks, to a client of the legacy era.
    let ask: @Sendable (MCPAsk) -> Void
}
