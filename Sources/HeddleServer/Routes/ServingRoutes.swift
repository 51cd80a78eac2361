import HTTPTypes
import HeddleCache
import HeddleCoordination
import HeddleExtensions
import HeddleModel
import HeddleResilience
import HeddleTelemetry
import Hummingbird
import JSON
import NIOCore

/// What calls come to: statistics, breakers, kept results, and all of it for Prometheus.
struct ServingRoutes: Sendable {
    let services: ServerServices

    private static let target = OwnSchema(
        "BreakerTarget",
        Shape.object(optional: ["extension": Shape.text, "capability": Shape.text])
    )

    var routes: [Route] {
        [
            Route(
                method: .get,
                path: "/api/v1/statistics",
                summary: "Show what the calls of each capability came to.",
                query: ["extension", "capability"] + Listing.query,
                answer: .statisticsList,
                handler: statistics
            ),
            Route(
                method: .get,
                path: "/api/v1/breakers",
                summary: "List the circuit breakers that let calls through only in part, or all of them.",
                query: ["extension", "state"] + Listing.query,
                answer: .breakerList,
                handler: breakers
            ),
            Route(
                method: .get,
                path: "/api/v1/breakers/changes",
                summary: "List the last changes of circuit breakers, the newest first.",
                query: ["extension"] + Listing.query,
                answer: .breakerChangeList,
                handler: breakerChanges
            ),
            Route(
                method: .post,
                path: "/api/v1/breakers/reset",
                summary: "Close circuit breakers: of a capability, of an extension, or all.",
                body: Self.target,
                answer: .breakerReset,
                handler: reset
            ),
            Route(
                method: .get,
                path: "/api/v1/cache",
                summary: "Show how the caches of results and of contexts are used.",
                answer: .cacheStatistics,
                handler: cache
            ),
            Route(
                method: .delete,
                path: "/api/v1/cache",
                summary: "Forget what is kept in memory: the results of an extension, or everything.",
                query: ["extension"],
                status: 204,
                handler: clearCache
            ),
            Route(
                method: .get,
                path: "/metrics",
                summary: "Everything that is counted, in Prometheus' text format.",
                otherTypes: [PrometheusText.contentType],
                handler: metrics
            ),
        ]
    }

    /// The capabilities that a query is about, in the order of their names.
    private func capabilities(_ request: Request) throws -> [ServedCapability] {
        let (owner, name) = (request.uri.queryParameters["extension"], request.uri.queryParameters["capability"])
        var entries = Array(services.registry.snapshot.all)
        if let owner {
            guard let entry = services.registry.snapshot.entry(String(owner)) else {
                throw HeddleError(.extensionNotFound, "no extension is named '\(owner.prefix(80))'")
            }
            entries = [entry]
        }
        return ServedCapability.all(entries).filter { name == nil || $0.capability.tool.name == name.map(String.init) }
    }

    @Sendable private func statistics(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let now = ContinuousClock.now
        return .json(try Listing(request).page(try capabilities(request), key: \.key) { $0.statistics(now: now) })
    }

    @Sendable private func breakers(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        var found = try capabilities(request)
        if let state = request.uri.queryParameters["state"] {
            guard let wanted = CircuitBreaker.State(rawValue: String(state)) else {
                throw HeddleError(
                    .invalidRequest,
                    "'state' is closed, open or half_open",
                    details: ["field": "state"]
                )
            }
            found = found.filter { $0.capability.runtime.breakerState.state == wanted }
        }
        let now = ContinuousClock.now
        return .json(try Listing(request).page(found, key: \.key) { $0.breaker(now: now) })
    }

    @Sendable private func breakerChanges(
        _ request: Request,
        _ context: HeddleRequestContext
    ) async throws -> Response {
        let owner = request.text("extension")
        let changes = services.invocations.breakerJournal.entries
            .filter { owner == nil || $0.extensionName.rawValue == owner }
        // What comes next has a smaller number.
        let key = { (entry: BreakerJournal.Entry) in String(Int64.max - Int64(entry.number)) }
        return .json(
            try Listing(request)
                .page(changes, key: key) { entry in
                    [
                        "number": .integer(entry.number), "at": .string(entry.time.description),
                        "extension": .string(entry.extensionName.rawValue), "capability": .string(entry.capability),
                        "from": .string(entry.change.from.rawValue), "to": .string(entry.change.to.rawValue),
                        "reason": .string(entry.change.reason.rawValue),
                    ]
                }
        )
    }

    @Sendable private func reset(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fields(Self.target, limit: services.bodyLimit)
        let (owner, name) = (try fields.stringIfPresent("extension"), try fields.stringIfPresent("capability"))
        var entries = Array(services.registry.snapshot.all)
        if let owner { entries = [try services.extensions.entry(try ExtensionName(owner))] }
        let chosen = ServedCapability.all(entries).filter { name == nil || $0.capability.tool.name == name }
        guard name == nil || !chosen.isEmpty else {
            throw HeddleError(.capabilityNotFound, "no capability is named '\(name?.prefix(128) ?? "")'")
        }
        let closed = chosen.filter { services.invocations.resetBreaker(of: $0.entry, $0.capability) }
        return .json(["reset": .array(closed.map { .string($0.key) })])
    }

    @Sendable private func cache(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        var counts = Self.counts(services.results.statistics)
        counts["contexts"] = .object(Self.counts(services.contexts.cache.statistics))
        return .json(.object(counts))
    }

    private static func counts(_ statistics: CacheStatistics) -> JSONObject {
        let counts: KeyValuePairs = [
            "entries": statistics.entries, "bytes": statistics.bytes, "hits": statistics.hits,
            "stale_hits": statistics.staleHits, "misses": statistics.misses, "inserts": statistics.inserts,
            "refused": statistics.refused, "evictions": statistics.evictions, "expirations": statistics.expirations,
            "removals": statistics.removals,
        ]
        return JSONObject(members: counts.map { .init(name: $0.key, value: .integer($0.value)) })
    }

    @Sendable private func clearCache(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        if let owner = request.uri.queryParameters["extension"] {
            services.results.forget(try services.extensions.entry(try ExtensionName(String(owner))))
        } else {
            services.results.removeAll()
            services.contexts.cache.removeAll()
        }
        return Response(status: .noContent)
    }

    @Sendable private func metrics(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let bytes = MetricsPage(services: services).bytes()
        return Response(
            status: .ok,
            headers: [.contentType: PrometheusText.contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}
