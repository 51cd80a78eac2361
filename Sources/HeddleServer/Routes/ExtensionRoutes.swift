import HeddleExtensions
import HeddleModel
import Hummingbird
import JSON

/// `/api/v1/extensions`: registering and looking after extensions.
struct ExtensionRoutes: Sendable {
    let services: ServerServices

    private static let one = "/api/v1/extensions/{name}"

    var routes: [Route] {
        let all = "/api/v1/extensions"
        return [
            Route(
                method: .get,
                path: all,
                summary: "List extensions.",
                query: ["capability", "type", "version", "state", "q"] + Listing.query,
                answer: .extensionList,
                handler: list
            ),
            Route(
                method: .post,
                path: all,
                summary: "Register an extension.",
                body: RegistrationRequest.schema,
                answer: .registered,
                status: 201,
                handler: register
            ),
            Route(
                method: .post,
                path: all + "/preview",
                summary: "Say what a registration comes to, without running anything.",
                body: RegistrationRequest.schema,
                answer: .preview,
                handler: preview
            ),
            Route(method: .get, path: Self.one, summary: "Show an extension.", answer: .registered, handler: show),
            Route(
                method: .delete,
                path: Self.one,
                summary: "Remove an extension, its files and its data.",
                status: 204,
                handler: remove
            ),
            Route(
                method: .post,
                path: Self.one + "/activate",
                summary: "Put up its capabilities.",
                answer: .registered,
                handler: activate
            ),
            Route(
                method: .post,
                path: Self.one + "/deactivate",
                summary: "Take down its capabilities and stop its processes.",
                query: ["cascade"],
                answer: .registered,
                handler: deactivate
            ),
            Route(
                method: .post,
                path: Self.one + "/accept",
                summary: "Accept tools that changed.",
                answer: .registered,
                handler: accept
            ),
            Route(
                method: .get,
                path: Self.one + "/logs",
                summary: "The last lines of its processes.",
                query: ["lines"],
                answer: .logs,
                handler: logs
            ),
            Route(
                method: .get,
                path: Self.one + "/permissions",
                summary: "What it was granted.",
                answer: .permissions,
                handler: permissions
            ),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let page = try Listing(request)
            .page(
                Self.found(services.registry.snapshot, request),
                key: \.registered.name.rawValue,
                value: \.value
            )
        return .json(page)
    }

    /// The extensions that the query asks for.
    private static func found(_ snapshot: RegistrySnapshot, _ request: Request) throws(HeddleError) -> [RegistryEntry] {
        let query = RegistryQuery(
            capability: request.text("capability"),
            kind: try request.choice("type"),
            version: try request.text("version").map { text throws(HeddleError) in try VersionRange(text) },
            state: try request.choice("state"),
            text: request.text("q")
        )
        return query == RegistryQuery() ? snapshot.entries : snapshot.find(query)
    }

    @Sendable private func register(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let registration = try RegistrationRequest(
            await request.fields(RegistrationRequest.schema, limit: services.bodyLimit)
        )
        let caller = context.caller(.rest)
        let entry = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.extensions.register(caller, registration)
        }
        return Self.answer(entry, status: .created)
    }

    @Sendable private func preview(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let registration = try RegistrationRequest(
            await request.fields(RegistrationRequest.schema, limit: services.bodyLimit)
        )
        let plan = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.installation.plan(registration)
        }
        defer { services.installation.discard(plan) }
        try services.extensions.check(plan.manifest)
        let (installs, arguments) = plan.source.installs ?? ([], [])
        var warnings: [JSONValue] = []
        if plan.grants.level == .none {
            warnings.append("it runs without a sandbox: it can read, change and reach whatever Heddle can")
        }
        return .json([
            "sha256": plan.source.digest.map(JSONValue.string) ?? .null,
            "signature": .string(plan.signature.sentence),
            "name": .string(plan.manifest.name.rawValue),
            "command": .array((plan.resolved?.command ?? []).map(JSONValue.string)),
            "reads": .array((plan.resolved?.readOnlyPaths ?? []).map(JSONValue.string)),
            "grants": plan.grants.value(showingValues: false),
            "installs": .array(installs.map(JSONValue.string)),
            "arguments": .array(arguments.map(JSONValue.string)),
            "hooks": .object(
                JSONObject(
                    members: Manifest.Moment.allCases.compactMap { moment in
                        plan.manifest.hooks[moment]
                            .map {
                                .init(name: moment.rawValue, value: .array($0.command.map(JSONValue.string)))
                            }
                    }
                )
            ),
            "warnings": .array(warnings),
        ])
    }

    @Sendable private func show(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let entry = try services.extensions.entry(context.extensionName())
        return Self.answer(entry.registered, value: entry.measuredValue)
    }

    /// An extension with its revision as `ETag`, which a later change can name in `If-Match`.
    static func answer(
        _ entry: RegisteredExtension,
        value: JSONValue? = nil,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        var response = Response.json(value ?? entry.value(instances: []), status: status)
        response.headers[.eTag] = "\"\(entry.edits)\""
        return response
    }

    @Sendable private func remove(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        try await services.extensions.remove(
            context.caller(.rest),
            context.extensionName(),
            ifRevision: request.expectedRevision()
        )
        return Response(status: .noContent)
    }

    @Sendable private func activate(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (caller, name, revision) = try (
            context.caller(.rest), context.extensionName(), request.expectedRevision()
        )
        let entry = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.extensions.activate(caller, name, ifRevision: revision)
        }
        return Self.answer(entry)
    }

    @Sendable private func deactivate(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let entry = try await services.extensions.deactivate(
            context.caller(.rest),
            context.extensionName(),
            isCascading: request.text("cascade") == "true",
            ifRevision: request.expectedRevision()
        )
        return Self.answer(entry)
    }

    @Sendable private func accept(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (caller, name, revision) = try (
            context.caller(.rest), context.extensionName(), request.expectedRevision()
        )
        let entry = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.extensions.accept(caller, name, ifRevision: revision)
        }
        return Self.answer(entry)
    }

    @Sendable private func logs(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let entry = try services.extensions.entry(context.extensionName())
        let count = try request.integer("lines", in: 1...ExtensionLog.capacity, default: 100)
        let lines = entry.pool.log.last(count)
            .map { line -> JSONValue in
                [
                    "time": .string(line.time.description), "stream": .string(line.stream),
                    "instance": .string(line.instance), "text": .string(line.text),
                ]
            }
        return .json(["lines": .array(lines)])
    }

    @Sendable private func permissions(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let entry = try services.extensions.entry(context.extensionName()).registered
        return .json([
            "grants": entry.grants.value(showingValues: false),
            "reads": .array((entry.resolved?.readOnlyPaths ?? []).map(JSONValue.string)),
            "command": .array((entry.resolved?.command ?? []).map(JSONValue.string)),
            "accepted_at": .string(entry.createdAt.description),
        ])
    }
}
