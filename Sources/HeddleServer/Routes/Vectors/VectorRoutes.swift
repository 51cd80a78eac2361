import HTTPTypes
import HeddleModel
import HeddleVectors
import Hummingbird
import JSON

/// Collections of vectors: making, filling and searching them.
struct VectorRoutes: Sendable {
    let services: ServerServices
    private static let all = "/api/v1/vectors"
    private static let one = all + "/{name}"

    var routes: [Route] { collectionRoutes + pointRoutes }

    private var collectionRoutes: [Route] {
        [
            Route(
                method: .get,
                path: Self.all,
                summary: "List the collections of vectors.",
                query: Listing.query,
                answer: .vectorCollections,
                handler: list
            ),
            Route(
                method: .post,
                path: Self.all,
                summary: "Make a collection of vectors.",
                body: VectorBodies.create,
                answer: .vectorCollection,
                status: 201,
                handler: create
            ),
            Route(
                method: .get,
                path: Self.one,
                summary: "Show a collection.",
                answer: .vectorCollection,
                handler: get
            ),
            Route(
                method: .delete,
                path: Self.one,
                summary: "Remove a collection with all its points.",
                status: 204,
                handler: drop
            ),
            Route(
                method: .post,
                path: Self.one + "/optimize",
                summary: "Take out what was deleted, order what is left, and measure recall.",
                answer: .vectorCollection,
                handler: optimize
            ),
            Route(
                method: .post,
                path: Self.one + "/snapshots",
                summary: "Keep a copy of a collection as it is now, in the data directory.",
                body: VectorBodies.snapshot,
                answer: .vectorSnapshot,
                status: 201,
                handler: snapshot
            ),
        ]
    }

    private var pointRoutes: [Route] {
        [
            Route(
                method: .get,
                path: Self.one + "/points",
                summary: "List the points of a collection, in no order that means anything.",
                query: ["limit", "cursor", "with_vector"],
                answer: .vectorPage,
                handler: scroll
            ),
            Route(
                method: .put,
                path: Self.one + "/points",
                summary: "Store points, in place of those with the same ids; all or none.",
                body: VectorBodies.upsert,
                answer: .vectorWrite,
                handler: upsert
            ),
            Route(
                method: .post,
                path: Self.one + "/points/delete",
                summary: "Delete points.",
                body: VectorBodies.ids,
                answer: .vectorWrite,
                handler: delete
            ),
            Route(
                method: .post,
                path: Self.one + "/points/fetch",
                summary: "Show points by their ids.",
                body: VectorBodies.ids,
                answer: .vectorPoints,
                handler: fetch
            ),
            Route(
                method: .post,
                path: Self.one + "/search",
                summary: "Find the points that are nearest to a vector.",
                body: VectorBodies.search,
                answer: .vectorPoints,
                handler: search
            ),
            Route(
                method: .post,
                path: Self.one + "/search/batch",
                summary: "Find the points that are nearest to each of several vectors.",
                body: VectorBodies.searches,
                answer: .vectorResults,
                handler: searchBatch
            ),
        ]
    }

    // MARK: Collections

    @Sendable private func list(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let listing = try Listing(request)
        let names = try await services.vectors.perform(context.caller(.rest)) { $0.names }
        return .json(listing.page(names, key: \.self) { ["name": .string($0)] })
    }

    @Sendable private func create(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(VectorBodies.create, limit: services.bodyLimit)
        let name = try fields.string("name")
        let settings = try VectorSettings(json: JSONValue(fields.view))
        let info = try await services.vectors.perform(context.caller(.rest)) { try $0.create(name, settings).info() }
        return .json(info.json(name: name), status: .created)
    }

    @Sendable private func get(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (name, collection) = try await collection(context)
        return .json(try collection.info().json(name: name))
    }

    @Sendable private func drop(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let name = context.parameters.get("name") ?? ""
        try await services.vectors.perform(context.caller(.rest)) { try $0.drop(name) }
        return Response(status: .noContent)
    }

    @Sendable private func optimize(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (name, collection) = try await collection(context)
        try await collection.optimize()
        return .json(try collection.info().json(name: name))
    }

    @Sendable private func snapshot(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(VectorBodies.snapshot, limit: services.bodyLimit)
        let (name, collection) = try await collection(context)
        let snapshot = try fields.string("name")
        let folder = try services.vectors.catalog(context.caller(.rest)).snapshotFolder(snapshot)
        try await collection.snapshot(to: folder)
        return .json(["collection": .string(name), "name": .string(snapshot)], status: .created)
    }

    private func collection(_ context: HeddleRequestContext) async throws -> (String, VectorCollection) {
        let name = context.parameters.get("name") ?? ""
        let caller = context.caller(.rest)
        if let collection = try services.vectors.catalog(caller).openCollection(name) { return (name, collection) }
        return (name, try await services.vectors.perform(caller) { try $0.collection(name) })
    }

    // MARK: Points

    @Sendable private func scroll(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let limit = try request.integer("limit", in: 1...1_000, default: 100)
        let cursor = try request.integer("cursor", in: 0...Int(UInt32.max), default: 0)
        let (_, collection) = try await collection(context)
        let withVector = request.uri.queryParameters["with_vector"] == "true"
        let page = try collection.scroll(after: cursor, limit: limit, withVector: withVector)
        var writer = JSONWriter(capacity: 4_096)
        writer.beginObject()
        writer.name("items")
        VectorMatch.write(page.points, withScore: false, to: &writer)
        writer.name("next_cursor")
        if let next = page.next { writer.string(String(next)) } else { writer.null() }
        writer.name("has_more")
        writer.bool(page.next != nil)
        writer.endObject()
        return .json(bytes: writer.bytes)
    }

    @Sendable private func upsert(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(VectorBodies.upsert, limit: services.bodyLimit)
        let (_, collection) = try await collection(context)
        return Self.answer(try await collection.upsert(try VectorBodies.points(fields)))
    }

    @Sendable private func delete(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(VectorBodies.ids, limit: services.bodyLimit)
        let (_, collection) = try await collection(context)
        return Self.answer(try await collection.delete(try fields.strings("ids")))
    }

    private static func answer(_ outcome: WriteOutcome) -> Response {
        .json(["stored": .integer(outcome.stored), "deleted": .integer(outcome.deleted)])
    }

    @Sendable private func fetch(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(VectorBodies.ids, limit: services.bodyLimit)
        let (_, collection) = try await collection(context)
        let withVector = try fields.boolIfPresent("with_vector") ?? false
        return Self.answer(try collection.fetch(try fields.strings("ids"), withVector: withVector), withScore: false)
    }

    @Sendable private func search(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(VectorBodies.search, limit: services.bodyLimit)
        let (name, collection) = try await collection(context)
        let query = try VectorBodies.query(fields.view)
        let cache = try services.vectors.catalog(context.caller(.rest)).cache(name)
        return Self.answer(try collection.search(query, cache: cache, now: .now), withScore: true)
    }

    @Sendable private func searchBatch(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(VectorBodies.searches, limit: services.bodyLimit)
        let (_, collection) = try await collection(context)
        var queries: [VectorQuery] = []
        for element in fields.view("searches").map({ Array($0.elements) }) ?? [] {
            queries.append(try VectorBodies.query(element))
        }
        var writer = JSONWriter(capacity: 4_096)
        writer.beginObject()
        writer.name("results")
        writer.beginArray()
        for matches in try await collection.search(queries) { Self.write(matches, withScore: true, to: &writer) }
        writer.endArray()
        writer.endObject()
        return .json(bytes: writer.bytes)
    }

    private static func answer(_ matches: [VectorMatch], withScore: Bool) -> Response {
        var writer = JSONWriter(capacity: 4_096)
        write(matches, withScore: withScore, to: &writer)
        return .json(bytes: writer.bytes)
    }

    private static func write(_ matches: [VectorMatch], withScore: Bool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("items")
        VectorMatch.write(matches, withScore: withScore, to: &writer)
        writer.endObject()
    }
}
