import Glibc
import HeddleExtensions
import HeddleMCP
import HeddleModel
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
                path: "/api/v1/config",
                summary: "The effective configuration.",
                answer: .configurationEntries,
                handler: configuration
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
        return .json([
            "version": .string(HeddleVersion.current),
            "pid": .integer(Int(getpid())),
            "uptime_ms": .integer(uptime),
            "data_directory": .string(services.configuration.text("data.directory")),
            "address": .string(services.lifecycle.address),
            "extensions": [
                "active": .integer(entries.count { $0.registered.state == .active }), "total": .integer(entries.count),
            ],
            "instances": .integer(entries.count { $0.pool.instance != nil }),
            "calls": [
                "total": .integer(counts.total), "failed": .integer(counts.failed),
                "in_flight": .integer(counts.inFlight),
            ],
        ])
    }

    @Sendable private func configuration(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let items = services.configuration.entries.map { entry -> JSONValue in
            ["key": .string(entry.key), "value": .string(entry.value), "source": .string(entry.source)]
        }
        return .json(["items": .array(items)])
    }

    @Sendable private func shutdown(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        await services.lifecycle.stop()
        return .json(["status": "stopping"], status: .accepted)
    }
}
