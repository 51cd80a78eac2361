package import HeddleModel
package import JSON

/// A change of a circuit breaker.
package struct BreakerChangeResource: ServerResource {
    package let json: JSONValue
    /// When, as RFC 3339.
    package let time: String
    package let extensionName: String
    package let capability: String
    /// The states before and after.
    package let from: String
    package let to: String
    package let reason: String

    /// Reads one element of `GET /breakers/changes`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when something of it is missing.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        time = try json.text("at")
        extensionName = try json.text("extension")
        capability = try json.text("capability")
        from = try json.text("from")
        to = try json.text("to")
        reason = try json.text("reason")
    }
}
