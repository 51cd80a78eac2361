package import HeddleModel
package import JSON
import NIOHTTP1

extension HeddleClient {
    /// The capabilities of one extension, or of all, all pages joined.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` when there is none of that name.
    package func capabilities(
        of extensionName: String?
    ) async throws(HeddleError) -> Page<CapabilityResource> {
        try await pages("/api/v1/capabilities", [("extension", extensionName)])
    }

    /// One capability with its schemas.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` or `capabilityNotFound`.
    package func capability(
        _ name: String,
        of extensionName: String
    ) async throws(HeddleError) -> CapabilityResource {
        let all = try await capabilities(of: extensionName).items
        if let found = all.first(where: { $0.name == name || $0.mcpName == name }) { return found }
        if all.isEmpty { try await explainEmptiness(of: extensionName) }
        throw HeddleError(
            .capabilityNotFound,
            "'\(extensionName)' has no capability called '\(name)'",
            details: ["known": all.map(\.name).prefix(20).joined(separator: ", ")]
        )
    }

    /// Says why an extension offers nothing, when there is a reason.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`, or `extensionInactive` when it only has to be activated.
    package func explainEmptiness(of name: String) async throws(HeddleError) {
        let owner = try await showExtension(name)
        guard owner.state != ExtensionState.active.rawValue else { return }
        throw HeddleError(
            .extensionInactive,
            "'\(name)' is \(owner.state); its capabilities are there when it is active",
            details: ["state": owner.state]
        )
    }

    /// Calls a capability and waits for its answer.
    ///
    /// - Throws: ``HeddleError`` when the call could not be made; a call that was made and failed is an answer.
    package func invoke(
        _ name: String,
        of extensionName: String,
        parameters: JSONValue,
        timeout: Duration?,
        cache: String? = nil,
        trace: Bool = false
    ) async throws(HeddleError) -> Invocation {
        var body = JSONObject(members: [.init(name: "parameters", value: parameters)])
        var options = JSONObject()
        options["timeout_ms"] = timeout.map { .integer(max(1, Int($0.nanoseconds / 1_000_000))) }
        options["cache"] = cache.map(JSONValue.string)
        if trace { options["trace"] = true }
        if !options.members.isEmpty { body["options"] = .object(options) }
        let path =
            "/api/v1/extensions/\(PercentEncoding.encode(extensionName))/capabilities/"
            + "\(PercentEncoding.encode(name))/invoke"
        // The server keeps the deadline; this one is for a server that does not.
        let patience = (timeout ?? .seconds(3600)) + .seconds(60)
        return try Invocation(await value(.POST, path, body: .object(body), timeout: patience))
    }

    /// What the calls of capabilities came to.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`.
    package func statistics(of extensionName: String?) async throws(HeddleError) -> Page<StatisticsResource> {
        try await pages("/api/v1/statistics", [("extension", extensionName)])
    }

    /// The circuit breakers of capabilities.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`.
    package func breakers(
        of extensionName: String?,
        state: String?
    ) async throws(HeddleError) -> Page<BreakerResource> {
        try await pages("/api/v1/breakers", [("extension", extensionName), ("state", state)])
    }

    /// What circuit breakers did, the newest first.
    ///
    /// - Throws: ``HeddleError``.
    package func breakerChanges(
        of extensionName: String?
    ) async throws(HeddleError) -> Page<BreakerChangeResource> {
        try await pages("/api/v1/breakers/changes", [("extension", extensionName)])
    }

    /// Closes circuit breakers; the names of those that were not closed.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` or `capabilityNotFound`.
    package func resetBreakers(
        of extensionName: String?,
        capability: String?
    ) async throws(HeddleError) -> JSONValue {
        var body = JSONObject()
        body["extension"] = extensionName.map(JSONValue.string)
        body["capability"] = capability.map(JSONValue.string)
        return try await value(.POST, "/api/v1/breakers/reset", body: .object(body))
    }

    /// Pages that are followed before a list counts as endless.
    private static var maximumPages: Int { 1000 }

    /// Every page of a list, joined to one.
    ///
    /// - Throws: ``HeddleError``.
    func pages<Item: ServerResource>(
        _ path: String,
        _ query: [(String, String?)]
    ) async throws(HeddleError) -> Page<Item> {
        var items: [Item] = []
        var cursor: String?
        for _ in 0..<Self.maximumPages {
            let query = PercentEncoding.query(query + [("limit", "100"), ("cursor", cursor)])
            let page = try Page<Item>(await value(.GET, path + query))
            items += page.items
            guard page.hasMore, let next = page.nextCursor else { return Page(items: items) }
            cursor = next
        }
        throw HeddleError(.internalError, "the server's list does not end after \(Self.maximumPages) pages")
    }

    /// The first items of a list from a cursor on, as many as are wanted, and the cursor of what follows.
    ///
    /// - Throws: ``HeddleError``.
    func pages<Item: ServerResource>(
        _ path: String,
        _ query: [(String, String?)],
        limit: Int,
        cursor: String?
    ) async throws(HeddleError) -> Page<Item> {
        var (items, cursor): ([Item], String?) = ([], cursor)
        while true {
            let wanted = String(max(1, min(100, limit - items.count)))
            let query = PercentEncoding.query(query + [("limit", wanted), ("cursor", cursor)])
            let page = try Page<Item>(await value(.GET, path + query))
            items += page.items
            cursor = page.hasMore ? page.nextCursor : nil
            guard cursor != nil, items.count < limit else { return Page(items: items, nextCursor: cursor) }
        }
    }
}
