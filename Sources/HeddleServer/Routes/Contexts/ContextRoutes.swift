import HTTPTypes
import HeddleCoordination
import HeddleModel
import HeddleStore
import Hummingbird
import JSON

/// Contexts: creating, finding, changing and ending them.
struct ContextRoutes: Sendable {
    let services: ServerServices

    private static let batch = OwnSchema(
        "ContextBatchBody",
        Shape.object(
            required: [
                "contexts": Shape.list(ContextAttributes.schema.reference, least: 1, most: ContextService.mostInBatch)
            ]
        ),
        uses: [ContextAttributes.schema]
    )
    private static let lookup = OwnSchema(
        "ContextLookupBody",
        Shape.object(required: ["ids": Shape.list(Shape.text, most: 1000)])
    )
    private static let clone = OwnSchema(
        "ContextCloneBody",
        Shape.object(optional: [
            "name": Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text), "copy_state": Shape.flag,
        ])
    )
    /// What it has to be after the change is checked when it is made.
    private static let patch = OwnSchema(
        "ContextPatch",
        [
            "type": "object", "properties": ["status": Shape.choice(["active", "paused", "terminated"])],
            "description": "A merge patch (RFC 7396) of a ContextBody, and perhaps 'status'.",
        ]
    )
    private static let filters = ["type", "status", "owner", "tag", "q", "metadata.{path}"]

    var routes: [Route] {
        let one = "/api/v1/contexts/{id}"
        return [
            Route(
                method: .post,
                path: "/api/v1/contexts",
                summary: "Create a context.",
                body: ContextAttributes.schema,
                answer: .context,
                status: 201,
                handler: create
            ),
            Route(
                method: .post,
                path: "/api/v1/contexts/batch",
                summary: "Create contexts, all or none.",
                body: Self.batch,
                answer: .contextBatch,
                status: 201,
                handler: createBatch
            ),
            Route(
                method: .post,
                path: "/api/v1/contexts/lookup",
                summary: "Show several contexts in the order of their ids here.",
                body: Self.lookup,
                answer: .contextLookup,
                handler: lookup
            ),
            Route(
                method: .get,
                path: "/api/v1/contexts",
                summary: "List contexts, the newest first.",
                query: Self.filters + Listing.query + ["consistency"],
                answer: .contextList,
                handler: list
            ),
            Route(
                method: .get,
                path: "/api/v1/contexts/statistics",
                summary: "Count contexts and participants.",
                query: ["consistency"],
                answer: .contextStatistics,
                handler: statistics
            ),
            Route(
                method: .get,
                path: one,
                summary: "Show a context.",
                query: ["include", "format"],
                answer: .contextInAnyForm,
                handler: get
            ),
            Route(
                method: .put,
                path: one,
                summary: "Replace what is said of a context.",
                body: ContextAttributes.schema,
                answer: .context,
                handler: replace
            ),
            Route(
                method: .patch,
                path: one,
                summary: "Change a context: some of what is said of it, or its status.",
                body: Self.patch,
                answer: .context,
                handler: update
            ),
            Route(
                method: .delete,
                path: one,
                summary: "Remove a context with everything in it.",
                status: 204,
                handler: delete
            ),
            Route(
                method: .post,
                path: one + "/clone",
                summary: "Create a context like this one, without its participants and sessions.",
                body: Self.clone,
                answer: .context,
                status: 201,
                handler: clone
            ),
            Route(
                method: .get,
                path: one + "/health",
                summary: "Show how well a context is.",
                answer: .contextHealth,
                handler: health
            ),
            Route(
                method: .get,
                path: one + "/events",
                summary: "List what happened to a context, the oldest first.",
                query: ["limit", "cursor"],
                answer: .contextEventList,
                handler: events
            ),
        ]
    }

    // MARK: Creating

    @Sendable private func create(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(ContextAttributes.schema, limit: services.bodyLimit)
        let caller = context.caller(.rest)
        let attributes = try ContextAttributes(fields, ownedBy: caller.principal)
        return try await services.answerOnce(request, fields.view, caller, operation: "contexts") {
            let created = try await services.contexts.create(caller, attributes)
            return .init(status: 201, body: Self.bytes(created))
        }
    }

    /// A context with what its creator hands to those it invites.
    private static func bytes(_ context: HeddleModel.Context) -> [UInt8] {
        var writer = JSONWriter(capacity: 1200)
        writer.beginObject()
        context.write(to: &writer)
        writeAccess(context, &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func writeAccess(_ context: HeddleModel.Context, _ writer: inout JSONWriter) {
        writer.name("access_info")
        writer.beginObject()
        writer.name("context_url")
        writer.string("mplp://contexts/\(context.id)")
        writer.name("join_token")
        writer.string(context.joinToken)
        writer.endObject()
    }

    @Sendable private func createBatch(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(Self.batch, limit: services.bodyLimit)
        let caller = context.caller(.rest)
        var batch: [ContextAttributes] = []
        if let list = fields.view("contexts") {
            batch.reserveCapacity(list.count)
            for element in list.elements {
                batch.append(
                    try ContextAttributes(
                        JSONFields(element, code: .invalidRequest, path: "contexts"),
                        ownedBy: caller.principal
                    )
                )
            }
        }
        let attributes = batch
        return try await services.answerOnce(request, fields.view, caller, operation: "contexts/batch") {
            let created = try await services.contexts.create(caller, batch: attributes)
            var writer = JSONWriter(capacity: 64 + created.count * 900)
            writer.beginObject()
            writer.name("items")
            writer.beginArray()
            for context in created {
                writer.beginObject()
                context.write(to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            return .init(status: 201, body: writer.bytes)
        }
    }

    @Sendable private func clone(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fieldsOrNone(Self.clone, limit: services.bodyLimit)
        let (caller, id) = (context.caller(.rest), try context.contextID())
        let name = try fields.stringIfPresent("name")
        let copiesState = try fields.boolIfPresent("copy_state") ?? true
        return try await services.answerOnce(request, fields.view, caller, operation: "contexts/\(id)/clone") {
            let created = try await services.contexts.clone(caller, id, name: name, copiesState: copiesState)
            return .init(status: 201, body: Self.bytes(created))
        }
    }

    // MARK: Reading

    @Sendable private func get(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (caller, id) = (context.caller(.rest), try context.contextID())
        if let format = request.text("format") {
            guard format == "mplp" else {
                throw HeddleError(.invalidRequest, "'format' is mplp", details: ["field": "format"])
            }
            return .json(bytes: try await services.contexts.mplp(caller, id))
        }
        let parts = try request.include(["participants", "sessions", "access"])
        guard parts.isEmpty else {
            let (whole, bytes) = try await services.contexts.whole(
                caller,
                id,
                participants: parts.contains("participants"),
                sessions: parts.contains("sessions")
            ) { context, writer in
                if parts.contains("access") { Self.writeAccess(context, &writer) }
            }
            return .entity(bytes, version: whole.version)
        }
        let (answer, isHit) = try await services.contexts.get(caller, id)
        var response = Response.entity(answer.bytes, version: answer.version)
        response.setCache(isHit)
        return response
    }

    @Sendable private func lookup(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let texts = try await request.fields(Self.lookup, limit: services.bodyLimit).strings("ids")
        // What is no id names no context.
        let ids = texts.map { HeddleModel.Context.ID(rawValue: $0) ?? HeddleModel.Context.ID() }
        let answers = try await services.contexts.get(context.caller(.rest), ids)
        var writer = JSONWriter(capacity: 64 + answers.count * 900)
        writer.beginObject()
        writer.name("items")
        writer.beginArray()
        for answer in answers {
            if let answer { writer.raw(answer.bytes[...]) } else { writer.null() }
        }
        writer.endArray()
        writer.endObject()
        return .json(bytes: writer.bytes)
    }

    @Sendable private func list(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        var filter = try request.contextFilter()
        filter.limit = try request.integer("limit", in: 1...100, default: 20)
        let wantsTotal = request.uri.queryParameters["total"] == "true"
        let (answer, isHit) = try await services.contexts.list(
            context.caller(.rest),
            filter,
            wantsTotal: wantsTotal,
            request.consistency()
        )
        var response = Response.json(bytes: answer.bytes)
        response.setCache(isHit)
        return response
    }

    @Sendable private func statistics(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (answer, isHit) = try await services.contexts.statistics(
            context.caller(.rest),
            request.consistency()
        )
        var response = Response.json(bytes: answer.bytes)
        response.setCache(isHit)
        return response
    }

    @Sendable private func health(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        .json(bytes: try await services.contexts.health(context.caller(.rest), context.contextID()))
    }

    @Sendable private func events(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let bytes = try await services.contexts.events(
            context.caller(.rest),
            context.contextID(),
            after: request.sequenceCursor() ?? 0,
            limit: request.integer("limit", in: 1...100, default: 20)
        )
        return .json(bytes: bytes)
    }

    // MARK: Changing

    @Sendable private func replace(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(ContextAttributes.schema, limit: services.bodyLimit)
        let caller = context.caller(.rest)
        let changed = try await services.contexts.replace(
            caller,
            context.contextID(),
            with: ContextAttributes(fields, ownedBy: caller.principal),
            keepsOwner: fields.fieldsIfPresent("owner") == nil,
            ifVersion: request.expectedRevision()
        )
        return .entity(changed.bytes, version: changed.version)
    }

    @Sendable private func update(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let changed = try await services.contexts.update(
            context.caller(.rest),
            context.contextID(),
            merging: request.mergePatch(Self.patch, limit: services.bodyLimit),
            ifVersion: request.expectedRevision()
        )
        return .entity(changed.bytes, version: changed.version)
    }

    @Sendable private func delete(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        try await services.contexts.delete(
            context.caller(.rest),
            context.contextID(),
            ifVersion: request.expectedRevision()
        )
        return Response(status: .noContent)
    }
}

extension Request {
    /// How much of what was written the answer has to show; all of it unless the query says less.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func consistency() throws(HeddleError) -> ReadConsistency { try choice("consistency") ?? .strong }

    /// The parts that `include` names.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` for one that there is not.
    func include(_ known: Set<String>) throws(HeddleError) -> Set<String> {
        let parts = Set((text("include") ?? "").split(separator: ",").map(String.init))
        guard parts.isSubset(of: known) else {
            throw HeddleError(
                .invalidRequest,
                "'include' names some of \(known.sorted().joined(separator: ", "))",
                details: ["field": "include"]
            )
        }
        return parts
    }

    /// The filters of the query and where the list goes on.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func contextFilter() throws(HeddleError) -> ContextFilter {
        var filter = ContextFilter()
        filter.type = try choice("type")
        filter.status = try choice("status")
        filter.ownerID = text("owner")
        filter.after = try sequenceCursor()
        if let search = text("q") {
            var terms = SearchTerms()
            terms.add(search)
            filter.words = Array(terms.words.prefix(16))
            guard !filter.words.isEmpty else {
                throw HeddleError(.invalidRequest, "'q' has a word to look for", details: ["field": "q"])
            }
        }
        for (name, value) in uri.queryParameters {
            if name == "tag" {
                filter.labels.append(.tag(String(value)))
            } else if name.hasPrefix("metadata.") {
                filter.labels.append(try ContextLabel(path: String(name.dropFirst(9)), matching: String(value)))
            }
        }
        guard filter.labels.count <= 8 else {
            throw HeddleError(
                .invalidRequest,
                "a list has at most 8 tags and metadata filters",
                details: ["field": "tag"]
            )
        }
        return filter
    }

    /// The cursor of a list that goes on by sequence.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    func sequenceCursor() throws(HeddleError) -> Int? {
        guard let text = text("cursor") else { return nil }
        guard let sequence = Int(text, radix: 16), sequence >= 0 else {
            throw HeddleError(.invalidRequest, "'cursor' is not one that a list gave", details: ["field": "cursor"])
        }
        return sequence
    }
}
