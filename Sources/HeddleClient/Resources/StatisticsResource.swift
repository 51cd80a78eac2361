package import HeddleModel
package import JSON

/// What the calls of one capability came to.
package struct StatisticsResource: ServerResource {
    package let json: JSONValue
    package let extensionName: String
    package let capability: String
    package let calls: Int
    package let failed: Int
    /// Answers that came from kept results.
    package let cacheHits: Int
    /// Milliseconds as the server writes them.
    package let p50: String
    package let p99: String
    package let inFlight: Int
    package let waiting: Int

    /// Reads one element of `GET /statistics`.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no names.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        extensionName = try json.text("extension")
        capability = try json.text("capability")
        let day = json["last_24_hours"]
        calls = day?["calls"]?.integer ?? 0
        failed = day?["failed"]?.integer ?? 0
        cacheHits = (day?["cache"]?["hits"]?.integer ?? 0) + (day?["cache"]?["stale"]?.integer ?? 0)
        p50 = day?["latency_ms"]?["p50"]?.text ?? ""
        p99 = day?["latency_ms"]?["p99"]?.text ?? ""
        inFlight = json["in_flight"]?.integer ?? 0
        waiting = json["waiting"]?.integer ?? 0
    }
}
