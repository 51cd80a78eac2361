import HeddleExtensions
import HeddleModel
import Hummingbird
import JSON

/// The versions of an extension: upgrades, rollbacks and what is different.
struct VersionRoutes: Sendable {
    let services: ServerServices

    var routes: [Route] {
        let one = "/api/v1/extensions/{name}"
        return [
            Route(
                method: .get,
                path: one + "/versions",
                summary: "List the versions that are there.",
                answer: .versions,
                handler: list
            ),
            Route(
                method: .get,
                path: one + "/diff",
                summary: "Compare two versions.",
                query: ["from", "to"],
                answer: .difference,
                handler: difference
            ),
            Route(
                method: .post,
                path: one + "/upgrade",
                summary: "Put a newer version in its place without losing a call.",
                body: UpgradeRequest.schema,
                answer: .registered,
                handler: upgrade
            ),
            Route(
                method: .post,
                path: one + "/rollback",
                summary: "Go back to an earlier version without losing a call.",
                body: RollbackRequest.schema,
                answer: .registered,
                handler: rollback
            ),
            Route(
                method: .delete,
                path: one + "/pending",
                summary: "Remove the version that waits to be accepted.",
                answer: .registered,
                handler: discardPending
            ),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let name = try context.extensionName()
        let versions = try await services.extensions.versions(context.caller(.rest), name)
        let current = try services.extensions.entry(name).registered
        return .json(["items": .array(versions.map { $0.versionValue(of: current) })])
    }

    @Sendable private func difference(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let generations = 1...Int(Int32.max)
        let difference = try await services.extensions.difference(
            context.caller(.rest),
            context.extensionName(),
            from: request.integerIfPresent("from", in: generations),
            to: request.integerIfPresent("to", in: generations)
        )
        return .json(difference.value)
    }

    @Sendable private func upgrade(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let upgrade = try UpgradeRequest(await request.fieldsOrNone(UpgradeRequest.schema, limit: services.bodyLimit))
        let (caller, name, revision) = try (
            context.caller(.rest), context.extensionName(), request.expectedRevision()
        )
        let entry = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.extensions.upgrade(caller, name, upgrade, ifRevision: revision)
        }
        return ExtensionRoutes.answer(entry)
    }

    @Sendable private func rollback(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let fields = try await request.fieldsOrNone(RollbackRequest.schema, limit: services.bodyLimit)
        let (caller, name, revision) = try (
            context.caller(.rest), context.extensionName(), request.expectedRevision()
        )
        let generation = try RollbackRequest.generation(fields)
        let entry = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.extensions.rollback(caller, name, to: generation, ifRevision: revision)
        }
        return ExtensionRoutes.answer(entry)
    }

    @Sendable private func discardPending(_ request: Request, _ context: HeddleRequestContext) async throws -> Response
    {
        let entry = try await services.extensions.discardPending(
            context.caller(.rest),
            context.extensionName(),
            ifRevision: request.expectedRevision()
        )
        return ExtensionRoutes.answer(entry)
    }
}
