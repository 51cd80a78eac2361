package import HeddleModel
package import JSON
import NIOHTTP1

/// What contexts have in them: participants, sessions and metadata.
extension HeddleClient {
    // MARK: Participants

    /// The participants of a context that a query asks for, all pages joined.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func participants(
        of context: String,
        matching query: [(String, String?)] = []
    ) async throws(HeddleError) -> Page<ParticipantResource> {
        try await pages(Self.context(context, "participants"), query)
    }

    /// Lets somebody into a context.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `contextFull`, `participantExists`, `joinRefused`.
    package func addParticipant(
        to context: String,
        _ body: JSONValue
    ) async throws(HeddleError) -> ParticipantResource {
        try ParticipantResource(await value(.POST, Self.context(context, "participants"), body: body))
    }

    /// Lets several into a context, all or none.
    ///
    /// - Throws: as ``addParticipant(to:_:)`` does.
    package func addParticipants(
        to context: String,
        _ bodies: [JSONValue]
    ) async throws(HeddleError) -> Page<ParticipantResource> {
        let body: JSONValue = ["participants": .array(bodies)]
        return try Page(await value(.POST, Self.context(context, "participants", "batch"), body: body))
    }

    /// Changes a participant by a merge patch.
    ///
    /// - Throws: ``HeddleError`` with `participantNotFound`, `versionConflict`, `invalidStateTransition`.
    package func updateParticipant(
        _ id: String,
        of context: String,
        _ body: JSONValue,
        ifVersion version: Int? = nil
    ) async throws(HeddleError) -> ParticipantResource {
        let path = Self.context(context, "participants", PercentEncoding.encode(id))
        return try ParticipantResource(await value(.PATCH, path, body: body, headers: Self.ifMatch(version)))
    }

    /// Makes a participant leave.
    ///
    /// - Throws: ``HeddleError`` with `participantNotFound`.
    package func removeParticipant(_ id: String, of context: String) async throws(HeddleError) {
        _ = try await send(.DELETE, Self.context(context, "participants", PercentEncoding.encode(id)))
    }

    // MARK: Sessions

    /// The sessions of a context, all pages joined.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func sessions(of context: String, status: String?) async throws(HeddleError) -> Page<SessionResource> {
        try await pages(Self.context(context, "sessions"), [("status", status)])
    }

    /// Begins a session.
    ///
    /// - Throws: ``HeddleError`` with `contextFull`, `participantNotFound`.
    package func beginSession(in context: String, _ body: JSONValue) async throws(HeddleError) -> SessionResource {
        try SessionResource(await value(.POST, Self.context(context, "sessions"), body: body))
    }

    /// Changes a session by a merge patch.
    ///
    /// - Throws: ``HeddleError`` with `sessionNotFound`, `versionConflict`, `invalidStateTransition`.
    package func updateSession(
        _ id: String,
        of context: String,
        _ body: JSONValue,
        ifVersion version: Int? = nil
    ) async throws(HeddleError) -> SessionResource {
        let path = Self.context(context, "sessions", PercentEncoding.encode(id))
        return try SessionResource(await value(.PATCH, path, body: body, headers: Self.ifMatch(version)))
    }

    // MARK: Metadata

    private static func metadata(_ context: String, _ key: String) -> String {
        Self.context(context, "metadata", PercentEncoding.encode(key))
    }

    /// The metadata items whose keys match a pattern, all pages joined.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`.
    package func metadata(of context: String, matching pattern: String?) async throws(HeddleError) -> Page<
        MetadataResource
    > {
        try await pages(Self.context(context, "metadata"), [("pattern", pattern)])
    }

    /// A metadata item.
    ///
    /// - Throws: ``HeddleError`` with `metadataNotFound`.
    package func metadata(_ key: String, of context: String) async throws(HeddleError) -> MetadataResource {
        try MetadataResource(await value(.GET, Self.metadata(context, key)))
    }

    /// Keeps a value under a key.
    ///
    /// - Throws: ``HeddleError`` with `contextNotFound`, `versionConflict`, `invalidRequest`.
    package func putMetadata(
        _ key: String,
        of context: String,
        _ body: JSONValue,
        ifVersion version: Int? = nil
    ) async throws(HeddleError) -> MetadataResource {
        let path = Self.metadata(context, key)
        return try MetadataResource(await value(.PUT, path, body: body, headers: Self.ifMatch(version)))
    }

    /// Removes a metadata item.
    ///
    /// - Throws: ``HeddleError`` with `metadataNotFound`.
    package func removeMetadata(_ key: String, of context: String) async throws(HeddleError) {
        _ = try await send(.DELETE, Self.metadata(context, key))
    }

    /// What a metadata item was, the newest first.
    ///
    /// - Throws: ``HeddleError`` with `metadataNotFound`.
    package func metadataHistory(
        _ key: String,
        of context: String
    ) async throws(HeddleError) -> Page<MetadataVersionResource> {
        try Page(await value(.GET, Self.metadata(context, key) + "/history"))
    }
}
