import HeddleExtensions
import HeddleModel
import Hummingbird
import JSON
import NIOPosix

/// Looking into the registry, and into folders that may hold extensions.
struct RegistryRoutes: Sendable {
    let services: ServerServices

    private static let mostNames = 1000
    private static let lookup = OwnSchema(
        "LookupRequest",
        Shape.object(required: ["names": Shape.list(Shape.text, most: mostNames)])
    )
    private static let discovery = OwnSchema("DiscoveryRequest", Shape.object(required: ["path": Shape.path]))

    var routes: [Route] {
        [
            Route(
                method: .post,
                path: "/api/v1/extensions/lookup",
                summary: "Show several extensions in the order of their names here.",
                body: Self.lookup,
                answer: .lookup,
                handler: lookup
            ),
            Route(
                method: .post,
                path: "/api/v1/extensions/discover",
                summary: "Look for extensions in a folder of the server's host.",
                body: Self.discovery,
                answer: .discovery,
                handler: discover
            ),
            Route(
                method: .post,
                path: "/api/v1/registry/check",
                summary: "Compare the registry in memory with what is stored.",
                answer: .indexReport,
                handler: check
            ),
            Route(
                method: .post,
                path: "/api/v1/registry/rebuild",
                summary: "Read the registry anew from what is stored.",
                answer: .indexReport,
                handler: rebuild
            ),
        ]
    }

    @Sendable private func lookup(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let names = try await request.fields(Self.lookup, limit: services.bodyLimit).strings("names")
        let entries = services.registry.snapshot.entries(names)
        return .json(["items": .array(entries.map { $0?.value ?? .null })])
    }

    @Sendable private func discover(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let folder = try await request.fields(Self.discovery, limit: services.bodyLimit).string("path")
        let outcome = try await NIOThreadPool.singleton.runIfActive { try ManifestDiscovery.search(folder) }
        let snapshot = services.registry.snapshot
        let items = outcome.found.map { found -> JSONValue in
            let manifest = try? found.manifest.get()
            let known = manifest.flatMap { snapshot.entry($0.name.rawValue) }
            var fault: JSONValue = .null
            if case .failure(let error) = found.manifest { fault = .string(error.sentence) }
            return [
                "path": .string(found.folder),
                "name": manifest.map { .string($0.name.rawValue) } ?? .null,
                "version": manifest.map { .string($0.version.description) } ?? .null,
                "type": manifest.map { .string($0.kind.rawValue) } ?? .null,
                "description": manifest?.description.map(JSONValue.string) ?? .null,
                "registered_version": known.map { .string($0.registered.manifest.version.description) } ?? .null,
                "error": fault,
            ]
        }
        return .json(["items": .array(items), "is_cut": .bool(outcome.isCut)])
    }

    @Sendable private func check(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        .json(Self.value(try await services.extensions.checkIndex()))
    }

    @Sendable private func rebuild(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        .json(Self.value(try await services.extensions.rebuildIndex()))
    }

    private static func value(_ report: ExtensionService.IndexReport) -> JSONValue {
        [
            "extensions": .integer(report.extensions), "capabilities": .integer(report.capabilities),
            "differences": .array(report.differences.map(JSONValue.string)), "repaired": .integer(report.repaired),
        ]
    }
}

extension HeddleError {
    /// The message with everything that is wrong.
    fileprivate var sentence: String {
        ([message] + violations.map { "\($0.path): \($0.message)" }).joined(separator: "; ").clipped(1000)
    }
}
