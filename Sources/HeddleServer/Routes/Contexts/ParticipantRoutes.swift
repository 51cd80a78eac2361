import HTTPTypes
import HeddleCoordination
import HeddleModel
import Hummingbird
import JSON

/// The participants and the sessions of contexts.
struct ParticipantRoutes: Sendable {
    let services: ServerServices

    private static let batch = OwnSchema(
        "ParticipantBatchBody",
        Shape.object(
            required: ["participants": Shape.list(ParticipantAttributes.schema.reference, least: 1, most: 10_000)]
        ),
        uses: [ParticipantAttributes.schema]
    )
    private static let patch = OwnSchema(
        "ParticipantPatch",
        Shape.object(
            optional: ParticipantAttributes.members + [
                .init(name: "status", value: Shape.choice(["active", "inactive"]))
            ]
        )
    )
    private static let sessionPatch = OwnSchema(
        "SessionPatch",
        Shape.object(
            optional: SessionAttributes.members + [
                .init(name: "name", value: Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text)),
                .init(name: "status", value: Shape.choice(["active", "paused", "completed", "failed"])),
            ]
        )
    )

    var routes: [Route] { participantRoutes + sessionRoutes }

    private var participantRoutes: [Route] {
        let all = "/api/v1/contexts/{id}/participants"
        return [
            Route(
                method: .post,
                path: all,
                summary: "Let somebody join a context.",
                body: ParticipantAttributes.schema,
                answer: .participant,
                status: 201,
                handler: join
            ),
            Route(
                method: .post,
                path: all + "/batch",
                summary: "Let several join a context, all or none.",
                body: Self.batch,
                answer: .participantBatch,
                status: 201,
                handler: joinBatch
            ),
            Route(
                method: .get,
                path: all,
                summary: "List the participants of a context.",
                query: ["role", "status", "type", "limit", "cursor"],
                answer: .participantList,
                handler: list
            ),
            Route(
                method: .get,
                path: all + "/{participant}",
                summary: "Show a participant.",
                answer: .participant,
                handler: get
            ),
            Route(
                method: .put,
                path: all + "/{participant}",
                summary: "Replace what is said of a participant.",
                body: Self.patch,
                answer: .participant,
                handler: replace
            ),
            Route(
                method: .patch,
                path: all + "/{participant}",
                summary: "Change a participant: some of what is said of it, or its status.",
                body: Self.patch,
                answer: .participant,
                handler: update
            ),
            Route(
                method: .delete,
                path: all + "/{participant}",
                summary: "Make a participant leave.",
                status: 204,
                handler: remove
            ),
        ]
    }

    private var sessionRoutes: [Route] {
        let all = "/api/v1/contexts/{id}/sessions"
        return [
            Route(
                method: .post,
                path: all,
                summary: "Begin a session in a context.",
                body: SessionAttributes.schema,
                answer: .session,
                status: 201,
                handler: beginSession
            ),
            Route(
                method: .get,
                path: all,
                summary: "List the sessions of a context.",
                query: ["status", "limit", "cursor"],
                answer: .sessionList,
                handler: listSessions
            ),
            Route(
                method: .get,
                path: all + "/{session}",
                summary: "Show a session.",
                answer: .session,
                handler: getSession
            ),
            Route(
                method: .patch,
                path: all + "/{session}",
                summary: "Change a session: some of what is said of it, or its status.",
                body: Self.sessionPatch,
                answer: .session,
                handler: updateSession
            ),
        ]
    }

    // MARK: Participants

    private static func response(
        _ participant: Participant,
        of id: HeddleModel.Context.ID
    ) -> Response {
        .entity(bytes(participant, of: id), version: participant.version)
    }

    private static func bytes(_ participant: Participant, of id: HeddleModel.Context.ID) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        participant.write(to: &writer, in: id)
        return writer.bytes
    }

    @Sendable private func join(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(ParticipantAttributes.schema, limit: services.bodyLimit)
        let (caller, id) = (context.caller(.rest), try context.contextID())
        let joining = try ContextService.Joining(fields)
        return try await services.answerOnce(request, fields.view, caller, operation: "contexts/\(id)/participants") {
            let joined = try await services.contexts.join(caller, id, [joining])
            return .init(status: 201, body: joined.first.map { Self.bytes($0, of: id) } ?? [])
        }
    }

    @Sendable private func joinBatch(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(Self.batch, limit: services.bodyLimit)
        let (caller, id) = (context.caller(.rest), try context.contextID())
        var joining: [ContextService.Joining] = []
        if let list = fields.view("participants") {
            for element in list.elements {
                joining.append(
                    try ContextService.Joining(JSONFields(element, code: .invalidRequest, path: "participants"))
                )
            }
        }
        guard Set(joining.map(\.agentID)).count == joining.count else {
            throw HeddleError(.participantExists, "an agent is named twice", details: ["context_id": id.rawValue])
        }
        let all = joining
        return try await services.answerOnce(
            request,
            fields.view,
            caller,
            operation: "contexts/\(id)/participants/batch"
        ) {
            let joined = try await services.contexts.join(caller, id, all)
            var writer = JSONWriter(capacity: 64 + joined.count * 400)
            writer.beginObject()
            writer.name("items")
            writer.beginArray()
            for participant in joined { participant.write(to: &writer, in: id) }
            writer.endArray()
            writer.endObject()
            return .init(status: 201, body: writer.bytes)
        }
    }

    @Sendable private func list(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        var filter = ContextService.ParticipantFilter()
        filter.role = request.text("role")
        filter.status = try request.choice("status")
        filter.type = try request.choice("type")
        filter.after = request.text("cursor") ?? ""
        filter.limit = try request.integer("limit", in: 1...100, default: 20)
        return .json(
            bytes: try await services.contexts.participants(context.caller(.rest), context.contextID(), filter)
        )
    }

    @Sendable private func get(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let id = try context.contextID()
        let found = try await services.contexts.participant(context.caller(.rest), id, context.participantID())
        return Self.response(found, of: id)
    }

    @Sendable private func replace(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        try await change(request, context, replaces: true)
    }

    @Sendable private func update(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        try await change(request, context, replaces: false)
    }

    private func change(
        _ request: Request,
        _ context: HeddleRequestContext,
        replaces: Bool
    ) async throws -> Response {
        let id = try context.contextID()
        let changed = try await services.contexts.updateParticipant(
            context.caller(.rest),
            id,
            context.participantID(),
            merging: request.mergePatch(Self.patch, limit: services.bodyLimit),
            replaces: replaces,
            ifVersion: request.expectedRevision()
        )
        return Self.response(changed, of: id)
    }

    @Sendable private func remove(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        try await services.contexts.removeParticipant(
            context.caller(.rest),
            context.contextID(),
            context.participantID(),
            ifVersion: request.expectedRevision()
        )
        return Response(status: .noContent)
    }

    // MARK: Sessions

    private static func bytes(_ session: ContextSession, of id: HeddleModel.Context.ID) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        session.write(to: &writer, in: id)
        return writer.bytes
    }

    @Sendable private func beginSession(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(SessionAttributes.schema, limit: services.bodyLimit)
        let (caller, id) = (context.caller(.rest), try context.contextID())
        let attributes = try SessionAttributes(fields)
        return try await services.answerOnce(request, fields.view, caller, operation: "contexts/\(id)/sessions") {
            let session = try await services.contexts.beginSession(caller, id, attributes)
            return .init(status: 201, body: Self.bytes(session, of: id))
        }
    }

    @Sendable private func listSessions(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let bytes = try await services.contexts.sessions(
            context.caller(.rest),
            context.contextID(),
            status: request.choice("status"),
            after: request.text("cursor") ?? "",
            limit: request.integer("limit", in: 1...100, default: 20)
        )
        return .json(bytes: bytes)
    }

    @Sendable private func getSession(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let id = try context.contextID()
        let session = try await services.contexts.session(context.caller(.rest), id, context.sessionID())
        return .entity(Self.bytes(session, of: id), version: session.version)
    }

    @Sendable private func updateSession(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let id = try context.contextID()
        let session = try await services.contexts.updateSession(
            context.caller(.rest),
            id,
            context.sessionID(),
            merging: request.mergePatch(Self.sessionPatch, limit: services.bodyLimit),
            ifVersion: request.expectedRevision()
        )
        return .entity(Self.bytes(session, of: id), version: session.version)
    }
}
