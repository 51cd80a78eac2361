/// The JSON-RPC error codes of the protocol.
package enum MCPErrorCode: Int, Sendable {
    case parseError = -32700
    case invalidRequest = -32600
    case methodNotFound = -32601
    case invalidParams = -32602
    case internalError = -32603
    /// A header is missing or disagrees with the body (2026-07-28).
    case headerMismatch = -32020
    /// The request needs what the client did not declare (2026-07-28).
    case missingClientCapability = -32021
    /// The version is not one of `data.supported` (2026-07-28).
    case unsupportedProtocolVersion = -32022

    /// Codes that only a server of the modern era sends.
    static let modernOnly = -32022 ... -32020
}
