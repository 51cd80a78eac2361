package import HeddleModel
package import JSON

/// The circuit breaker of one capability.
package struct BreakerResource: ServerResource {
    package let json: JSONValue
    package let extensionName: String
    package let capability: String
    /// `closed`, `open` or `half_open`.
    package let state: String
    package let failures: Int
    package let refused: Int
    /// Milliseconds until calls pass again.
    package let retryAfter: Int

    /// Reads one element of `GET /breakers`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no names or state.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        extensionName = try json.text("extension")
        capability = try json.text("capability")
        state = try json.text("state")
        failures = json["failures"]?.integer ?? 0
        refused = json["refused"]?.integer ?? 0
        retryAfter = json["retry_after_ms"]?.integer ?? 0
    }
}
