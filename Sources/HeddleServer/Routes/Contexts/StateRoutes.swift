import HTTPTypes
import HeddleCoordination
import HeddleModel
import Hummingbird
import JSON
import JSONPatch

/// The documents that the participants of contexts share.
struct StateRoutes: Sendable {
    let services: ServerServices

    private static let document = OwnSchema("SharedDocument", [:])
    private static let snapshot = OwnSchema(
        "SnapshotBody",
        Shape.object(optional: ["name": Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text)])
    )
    private static let restoring = OwnSchema(
        "RestoreBody",
        Shape.object(optional: ["snapshot_id": Shape.text, "version": Shape.integer(0...Int(Int32.max))])
    )
    private static let conflictQuery = ["base_version", "on_conflict"]

    var routes: [Route] {
        let state = "/api/v1/contexts/{id}/state"
        return [
            Route(
                method: .get,
                path: state,
                summary: "Show the shared state, or what is at a JSON pointer in it, now or in an earlier version.",
                query: ["path", "version"],
                answer: .sharedState,
                handler: get
            ),
            Route(
                method: .put,
                path: state,
                summary: "Replace the shared state.",
                query: Self.conflictQuery,
                body: Self.document,
                answer: .sharedState,
                handler: replace
            ),
            Route(
                method: .patch,
                path: state,
                summary: "Change the shared state: application/json-patch+json or application/merge-patch+json.",
                query: Self.conflictQuery,
                body: Self.document,
                bodyTypes: ["application/json-patch+json", "application/merge-patch+json"],
                answer: .sharedState,
                handler: patch
            ),
            Route(
                method: .get,
                path: state + "/changes",
                summary: "List the changes since a version.",
                query: ["since"],
                answer: .stateChanges,
                handler: changes
            ),
            Route(
                method: .post,
                path: state + "/restore",
                summary: "Put a snapshot or an earlier version in place of the shared state.",
                body: Self.restoring,
                answer: .sharedState,
                handler: restore
            ),
            Route(
                method: .post,
                path: state + "/snapshots",
                summary: "Keep the present shared state.",
                body: Self.snapshot,
                answer: .snapshot,
                status: 201,
                handler: takeSnapshot
            ),
            Route(
                method: .get,
                path: state + "/snapshots",
                summary: "List the snapshots of a context, the newest first.",
                answer: .snapshotList,
                handler: snapshots
            ),
            Route(
                method: .get,
                path: state + "/snapshots/{snapshot}",
                summary: "Show a snapshot with its document.",
                answer: .snapshot,
                handler: showSnapshot
            ),
            Route(
                method: .delete,
                path: state + "/snapshots/{snapshot}",
                summary: "Forget a snapshot.",
                status: 204,
                handler: deleteSnapshot
            ),
        ]
    }

    // MARK: The document

    @Sendable private func get(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (caller, id) = (context.caller(.rest), try context.contextID())
        let version = try request.integerIfPresent("version", in: 0...Int(Int32.max))
        let state =
            if let version {
                try await services.contexts.state(caller, id, version: version)
            } else {
                try await services.contexts.state(caller, id)
            }
        guard let path = request.uri.queryParameters["path"].map(String.init), !path.isEmpty else {
            return .entity(state.bytes(of: id), version: state.version)
        }
        return .entity(try Self.part(of: state, at: path, id), version: state.version)
    }

    private static func part(
        of state: SharedState,
        at path: String,
        _ id: HeddleModel.Context.ID
    ) throws(HeddleError) -> [UInt8] {
        let pointer: JSONPointer
        do throws(JSONPointerError) {
            pointer = try JSONPointer(parsing: path)
        } catch {
            throw HeddleError(.invalidRequest, "'path' is no JSON pointer: \(error)", details: ["field": "path"])
        }
        guard let value = state.document.root.value(at: pointer) else {
            throw HeddleError(
                .stateNotFound,
                "the state has nothing at '\(path.clipped(200))'",
                details: ["path": path.clipped(200), "version": String(state.version)]
            )
        }
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.name("context_id")
        writer.string(id.rawValue)
        state.writeHead(to: &writer)
        writer.name("path")
        writer.string(path)
        writer.name("value")
        writer.raw(value)
        writer.endObject()
        return writer.bytes
    }

    @Sendable private func replace(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        try JSONFields.checkType(request.headers[.contentType])
        let document = try await request.document(limit: services.bodyLimit)
        return try await change(request, context, document, .replace(document))
    }

    @Sendable private func patch(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        switch request.mediaType {
        case "application/json-patch+json":
            let document = try await request.document(limit: services.bodyLimit)
            return try await change(request, context, document, .patch(try Self.patch(document)))
        case "application/merge-patch+json":
            let document = try await request.document(limit: services.bodyLimit)
            return try await change(request, context, document, .merge(JSONMergePatch(document.root)))
        case _:
            throw HeddleError(
                .unsupportedMediaType,
                "the body is application/json-patch+json or application/merge-patch+json"
            )
        }
    }

    private static func patch(_ document: JSONDocument) throws(HeddleError) -> JSONPatch {
        do throws(JSONPatchError) {
            return try JSONPatch(document.root)
        } catch {
            throw HeddleError(error)
        }
    }

    private func change(
        _ request: Request,
        _ context: HeddleRequestContext,
        _ document: JSONDocument,
        _ edit: StateChange.Edit
    ) async throws -> Response {
        let (caller, id) = (context.caller(.rest), try context.contextID())
        let change = StateChange(
            edit,
            base: try request.integerIfPresent("base_version", in: 0...Int(Int32.max)),
            strategy: try request.choice("on_conflict") ?? .reject,
            expected: try request.expectedStateVersion()
        )
        guard request.headers[.idempotencyKey] != nil else {
            let state = try await services.contexts.change(caller, id, change)
            return .entity(Self.head(of: state, id), version: state.version)
        }
        let operation = "\(request.method) \(request.uri.string) \(request.mediaType ?? "")"
        return try await services.answerOnce(request, document.root, caller, operation: operation) {
            .init(status: 200, body: Self.head(of: try await services.contexts.change(caller, id, change), id))
        }
    }

    /// The version that a change made, without the document: the client has the one and the other side of it.
    private static func head(of state: SharedState, _ id: HeddleModel.Context.ID) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.name("context_id")
        writer.string(id.rawValue)
        state.writeHead(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    @Sendable private func changes(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let since = try request.integer("since", in: 0...Int(Int32.max), default: 0)
        return .json(
            bytes: try await services.contexts.changes(context.caller(.rest), context.contextID(), since: since)
        )
    }

    // MARK: Snapshots

    @Sendable private func takeSnapshot(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fieldsOrNone(Self.snapshot, limit: services.bodyLimit)
        let (caller, id) = (context.caller(.rest), try context.contextID())
        let name = try fields.stringIfPresent("name")
        return try await services.answerOnce(request, fields.view, caller, operation: "contexts/\(id)/state/snapshots")
        {
            .init(status: 201, body: try await services.contexts.takeSnapshot(caller, id, name: name))
        }
    }

    @Sendable private func snapshots(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        .json(bytes: try await services.contexts.snapshots(context.caller(.rest), context.contextID()))
    }

    @Sendable private func showSnapshot(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        .json(
            bytes: try await services.contexts.snapshot(
                context.caller(.rest),
                context.contextID(),
                context.parameters.get("snapshot") ?? ""
            )
        )
    }

    @Sendable private func deleteSnapshot(_ request: Request, _ context: HeddleRequestContext) async throws -> Response
    {
        try await services.contexts.deleteSnapshot(
            context.caller(.rest),
            context.contextID(),
            context.parameters.get("snapshot") ?? ""
        )
        return Response(status: .noContent)
    }

    @Sendable private func restore(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(Self.restoring, limit: services.bodyLimit)
        let (caller, id) = (context.caller(.rest), try context.contextID())
        let (snapshot, version) = (try fields.stringIfPresent("snapshot_id"), try fields.integerIfPresent("version"))
        guard (snapshot == nil) != (version == nil) else {
            throw HeddleError(.invalidRequest, "the body has either 'snapshot_id' or 'version'")
        }
        let expected = try request.expectedStateVersion()
        return try await services.answerOnce(request, fields.view, caller, operation: "contexts/\(id)/state/restore") {
            let state = try await services.contexts.restore(
                caller,
                id,
                snapshot: snapshot,
                version: version,
                ifVersion: expected
            )
            return .init(status: 200, body: Self.head(of: state, id))
        }
    }
}

extension Request {
    /// The JSON document of a body, whatever it is.
    ///
    /// - Throws: ``HeddleError`` with `bodyTooLarge` or `malformedJSON`.
    fileprivate func document(limit: Int) async throws -> JSONDocument {
        let bytes = try await bytes(limit: limit)
        do throws(JSONError) {
            return try JSONDocument(bytes)
        } catch {
            throw HeddleError(
                .malformedJSON,
                "the text is not acceptable JSON: \(error)",
                details: ["reason": error.reason.rawValue, "offset": String(error.offset)]
            )
        }
    }

    /// The version of a shared state that `If-Match` names; a state that nobody has touched has version zero.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    fileprivate func expectedStateVersion() throws(HeddleError) -> Int? {
        headers[.ifMatch] == "\"0\"" ? 0 : try expectedRevision()
    }
}

extension JSONView {
    /// What is at a pointer; nil when there is nothing.
    fileprivate func value(at pointer: JSONPointer) -> JSONView? {
        var view = self
        for token in pointer.tokens {
            switch view.kind {
            case .object:
                guard let next = view.member(token) else { return nil }
                view = next
            case .array:
                guard let index = Int(token), index >= 0, index < view.count, String(index) == token else { return nil }
                var elements = view.elements
                for _ in 0..<index { _ = elements.next() }
                guard let next = elements.next() else { return nil }
                view = next
            case .null, .bool, .number, .string: return nil
            }
        }
        return view
    }
}
