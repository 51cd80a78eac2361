import Glibc
import HeddleExtensions
import HeddleMCP
import HeddleModel
import HeddleStore
import Hummingbird
import JSON

/// The server itself: health, status, configuration, its description, and its end.
struct ServerRoutes: Sendable {
    let services: ServerServices

    var routes: [Route] {
        [
            Route(
                method: .get,
                path: "/healthz",
                summary: "Whether the process lives.",
                answer: .health,
                handler: healthy
            ),
            Route(method: .get, path: "/readyz", summary: "Whether it takes calls.", answer: .health, handler: ready),
            Route(
                method: .get,
                path: "/api/v1/status",
                summary: "What the server does.",
                answer: .status,
                handler: status
            ),
            Route(
                method: .get,
                path: "/api/v1/configuration",
                summary: "The effective configuration; secrets are masked.",
                answer: .configuration,
                handler: configuration
            ),
            Route(
                method: .post,
                path: "/api/v1/configuration/reload",
                summary: "Read the configuration again; apply what a running server can take.",
                answer: .reloadedConfiguration,
                handler: reload
            ),
            Route(
                method: .post,
                path: "/api/v1/shutdown",
                summary: "Stop the server.",
                answer: .health,
                status: 202,
                handler: shutdown
            ),
        ]
    }

    @Sendable private func healthy(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        .json(["status": "ok"])
    }

    @Sendable private func ready(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        guard services.lifecycle.isReady else { throw HeddleError(.shuttingDown, "the server is not ready") }
        return .json(["status": "ready"])
    }

    @Sendable private func status(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let entries = services.registry.snapshot.entries
        let counts = services.invocations.counts
        let uptime = Int((ContinuousClock.now - services.lifecycle.startedAt) / .milliseconds(1))
        let database = services.configuration.effective.storePlace
        return .json([
            "version": .string(HeddleVersion.current),
            "pid": .integer(Int(getpid())),
            "uptime_ms": .integer(uptime),
            "data_directory": .string(services.configuration.effective.text("data.directory")),
            "address": .string(services.lifecycle.address),
            "database": ["engine": .string(database.engine), "place": .string(database.name)],
            "extensions": [
                "active": .integer(entries.count { $0.registered.state == .active }), "total": .integer(entries.count),
            ],
            "instances": .integer(entries.reduce(0) { $0 + $1.pool.instances.count }),
            "calls": [
                "total": .integer(counts.total), "failed": .integer(counts.failed),
                "in_flight": .integer(counts.inFlight),
            ],
        ])
    }

    @Sendable private func configuration(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let items = services.configuration.entries.map { entry -> JSONValue in
            var members: [JSONObject.Member] = [
                .init(name: "key", value: .string(entry.key)), .init(name: "value", value: .string(entry.value)),
                .init(name: "source", value: .string(entry.source.rawValue)),
                .init(name: "origin", value: entry.origin.map(JSONValue.string) ?? .null),
                .init(name: "reloadable", value: .bool(entry.isReloadable)),
            ]
            if let pending = entry.pending { members.append(.init(name: "pending", value: .string(pending))) }
            return .object(JSONObject(members: members))
        }
        return .json(["file": file, "items": .array(items)])
    }

    private var file: JSONValue {
        services.configuration.effective.layers.file.map(JSONValue.string) ?? .null
    }

    @Sendable private func reload(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let caller = context.caller(.rest)
        let changes = try await services.configuration.reload(
            LiveConfiguration.Asker(
                principal: caller.principal,
                origin: caller.origin.rawValue,
                requestID: caller.requestID
            )
        )
        return .json(["file": file, "changes": .array(changes.map(\.json))])
    }

    @Sendable private func shutdown(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        await services.lifecycle.stop()
        return .json(["status": "stopping"], status: .accepted)
    }
}
