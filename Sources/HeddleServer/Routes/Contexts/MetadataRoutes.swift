import HTTPTypes
import HeddleCoordination
import HeddleModel
import Hummingbird

/// The metadata items of contexts.
struct MetadataRoutes: Sendable {
    let services: ServerServices

    var routes: [Route] {
        let all = "/api/v1/contexts/{id}/metadata"
        return [
            Route(
                method: .get,
                path: all,
                summary: "List the metadata items whose keys match a pattern such as priority*.",
                query: ["pattern", "limit", "cursor"],
                answer: .metadataList,
                handler: list
            ),
            Route(
                method: .get,
                path: all + "/{key}",
                summary: "Show a metadata item.",
                answer: .metadataItem,
                handler: get
            ),
            Route(
                method: .put,
                path: all + "/{key}",
                summary: "Keep a value under a key.",
                body: MetadataItem.Draft.schema,
                answer: .metadataItem,
                otherStatus: 201,
                handler: put
            ),
            Route(
                method: .delete,
                path: all + "/{key}",
                summary: "Remove a metadata item; its history stays.",
                status: 204,
                handler: delete
            ),
            Route(
                method: .get,
                path: all + "/{key}/history",
                summary: "List what a metadata item was, the newest first.",
                answer: .metadataHistory,
                handler: history
            ),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let pattern = request.text("pattern") ?? "*"
        guard pattern.utf8.count <= 255 else {
            throw HeddleError(.invalidRequest, "'pattern' has at most 255 bytes", details: ["field": "pattern"])
        }
        let bytes = try await services.contexts.metadata(
            context.caller(.rest),
            context.contextID(),
            matching: Glob(pattern),
            after: request.text("cursor") ?? "",
            limit: request.integer("limit", in: 1...100, default: 20)
        )
        return .json(bytes: bytes)
    }

    @Sendable private func get(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let item = try await services.contexts.metadata(
            context.caller(.rest),
            context.contextID(),
            context.metadataName()
        )
        return .entity(item.bytes, version: item.version)
    }

    @Sendable private func put(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(MetadataItem.Draft.schema, limit: services.bodyLimit)
        let (item, isNew) = try await services.contexts.putMetadata(
            context.caller(.rest),
            context.contextID(),
            context.metadataName(),
            MetadataItem.Draft(fields),
            ifVersion: request.expectedRevision()
        )
        return .entity(item.bytes, version: item.version, status: isNew ? .created : .ok)
    }

    @Sendable private func delete(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        try await services.contexts.deleteMetadata(
            context.caller(.rest),
            context.contextID(),
            context.metadataName(),
            ifVersion: request.expectedRevision()
        )
        return Response(status: .noContent)
    }

    @Sendable private func history(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        .json(
            bytes: try await services.contexts.metadataHistory(
                context.caller(.rest),
                context.contextID(),
                context.metadataName()
            )
        )
    }
}
