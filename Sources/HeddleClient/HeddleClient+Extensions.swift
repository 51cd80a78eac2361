package import HeddleModel
package import JSON
import NIOHTTP1

extension HeddleClient {
    private static func path(_ name: String, _ verb: String = "") -> String {
        "/api/v1/extensions/" + PercentEncoding.encode(name) + verb
    }

    /// Every extension, all pages joined.
    ///
    /// - Throws: ``HeddleError``.
    package func extensions() async throws(HeddleError) -> Page<ExtensionResource> {
        try await pages("/api/v1/extensions", [])
    }

    /// The extensions that a query asks for, all pages joined.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    package func extensions(
        matching query: [(String, String?)]
    ) async throws(HeddleError) -> Page<ExtensionResource> {
        try await pages("/api/v1/extensions", query)
    }

    /// The extensions in a folder of the server's host.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`.
    package func discover(_ folder: String) async throws(HeddleError) -> JSONValue {
        try await value(.POST, "/api/v1/extensions/discover", body: ["path": .string(folder)], timeout: .seconds(60))
    }

    /// Compares the server's registry in memory with what is stored.
    ///
    /// - Throws: ``HeddleError``.
    package func checkRegistry() async throws(HeddleError) -> JSONValue {
        try await value(.POST, "/api/v1/registry/check", timeout: .seconds(60))
    }

    /// Lets the server read its registry anew from what is stored.
    ///
    /// - Throws: ``HeddleError``.
    package func rebuildRegistry() async throws(HeddleError) -> JSONValue {
        try await value(.POST, "/api/v1/registry/rebuild", timeout: .seconds(60))
    }

    /// One extension.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` when there is none of that name.
    package func showExtension(_ name: String) async throws(HeddleError) -> ExtensionResource {
        try ExtensionResource(await value(.GET, Self.path(name)))
    }

    /// What adding an extension would run and grant; nothing is run, and an archive is fetched to be looked at.
    ///
    /// - Throws: ``HeddleError`` when the server would refuse it.
    package func previewExtension(_ request: ExtensionRequest) async throws(HeddleError) -> ExtensionPreview {
        try ExtensionPreview(
            await value(.POST, "/api/v1/extensions/preview", body: request.json, timeout: .seconds(1900))
        )
    }

    /// Adds an extension; installing a package may take minutes.
    ///
    /// - Throws: ``HeddleError`` when it cannot be installed or started.
    package func addExtension(_ request: ExtensionRequest) async throws(HeddleError) -> ExtensionResource {
        try ExtensionResource(await value(.POST, "/api/v1/extensions", body: request.json, timeout: .seconds(900)))
    }

    /// Puts a newer version in the place of an extension's; installing a package may take minutes.
    ///
    /// - Throws: ``HeddleError`` when it cannot be installed or started; the old version goes on then.
    package func upgradeExtension(_ name: String, _ request: JSONValue) async throws(HeddleError) -> ExtensionResource {
        try ExtensionResource(
            await value(.POST, Self.path(name, "/upgrade"), body: request, timeout: .seconds(900))
        )
    }

    /// Goes back to an earlier version: the given one, or the one before.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when there is none.
    package func rollbackExtension(_ name: String, to generation: Int?) async throws(HeddleError) -> ExtensionResource {
        let body: JSONValue = ["generation": generation.map(JSONValue.integer) ?? .null]
        return try ExtensionResource(
            await value(.POST, Self.path(name, "/rollback"), body: body, timeout: .seconds(120))
        )
    }

    /// Removes the version that waits to be accepted, if it is that of `revision` still.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when none waits, or `versionConflict`.
    package func discardPending(_ name: String, revision: Int) async throws(HeddleError) -> ExtensionResource {
        let headers = [("if-match", "\"\(revision)\"")]
        if let answer = try await send(.DELETE, Self.path(name, "/pending"), headers: headers, timeout: .seconds(60)) {
            return try ExtensionResource(answer)
        }
        return try await showExtension(name)
    }

    /// The versions of an extension that are there.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound`.
    package func versions(of name: String) async throws(HeddleError) -> JSONValue {
        try await value(.GET, Self.path(name, "/versions"))
    }

    /// What is different between two versions; without generations, between the current one and its neighbour.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` or `invalidRequest`.
    package func difference(of name: String, from: Int?, to: Int?) async throws(HeddleError) -> JSONValue {
        let query = [("from", from), ("to", to)].compactMap { name, value in value.map { (name, String($0)) } }
        return try await value(.GET, Self.path(name, "/diff") + PercentEncoding.query(query))
    }

    /// Accepts the version that waits, or the tools that replaced the accepted ones, if they are those of `revision` still.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when nothing waits to be accepted, or `versionConflict`.
    package func acceptExtension(_ name: String, revision: Int) async throws(HeddleError) -> ExtensionResource {
        try await change(name, "/accept", headers: [("if-match", "\"\(revision)\"")])
    }

    /// Makes an extension's capabilities callable.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when it cannot be activated from where it is.
    package func activateExtension(_ name: String) async throws(HeddleError) -> ExtensionResource {
        try await change(name, "/activate")
    }

    /// Stops an extension and keeps it.
    ///
    /// - Throws: ``HeddleError`` with `invalidStateTransition` when it is not active, or `dependencyUnsatisfied` when others
    ///   need it and it does not cascade.
    package func deactivateExtension(
        _ name: String,
        isCascading: Bool
    ) async throws(HeddleError) -> ExtensionResource {
        try await change(name, isCascading ? "/deactivate?cascade=true" : "/deactivate")
    }

    private func change(
        _ name: String,
        _ verb: String,
        headers: [(String, String)] = []
    ) async throws(HeddleError) -> ExtensionResource {
        if let answer = try await send(.POST, Self.path(name, verb), headers: headers, timeout: .seconds(660)) {
            return try ExtensionResource(answer)
        }
        return try await showExtension(name)
    }

    /// Stops an extension and removes all that is stored of it.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` when there is none of that name.
    package func removeExtension(_ name: String) async throws(HeddleError) {
        _ = try await send(.DELETE, Self.path(name), timeout: .seconds(120))
    }

    /// The last lines that an extension wrote to its standard error.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` when there is none of that name.
    package func logs(of name: String, lines: Int) async throws(HeddleError) -> LogLines {
        try LogLines(await value(.GET, Self.path(name, "/logs") + PercentEncoding.query([("lines", String(lines))])))
    }

    /// What an extension was granted, and when that was accepted.
    ///
    /// - Throws: ``HeddleError`` with `extensionNotFound` when there is none of that name.
    package func permissions(of name: String) async throws(HeddleError) -> ExtensionPermissions {
        try ExtensionPermissions(await value(.GET, Self.path(name, "/permissions")))
    }
}
