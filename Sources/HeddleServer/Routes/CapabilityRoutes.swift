import HeddleExtensions
import HeddleMCP
import HeddleModel
import Hummingbird
import JSON
import NIOCore

/// Capabilities: what there is, and calling one.
struct CapabilityRoutes: Sendable {
    let services: ServerServices

    var routes: [Route] {
        [
            Route(
                method: .get,
                path: "/api/v1/capabilities",
                summary: "List the capabilities of active extensions.",
                query: ["extension"] + Listing.query,
                answer: .capabilityList,
                handler: list
            ),
            Route(
                method: .post,
                path: "/api/v1/extensions/{name}/capabilities/{capability}/invoke",
                summary: "Call a capability.",
                body: InvocationBody.schema,
                answer: .execution,
                handler: invoke
            ),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let snapshot = services.registry.snapshot
        var tools = snapshot.exportedTools
        if let name = request.uri.queryParameters["extension"] {
            guard snapshot.entry(String(name)) != nil else {
                throw HeddleError(.extensionNotFound, "no extension is named '\(name.prefix(80))'")
            }
            tools = tools.filter { $0.extensionName == name }
        }
        let sorted = tools.sorted { $0.exportedName < $1.exportedName }
        return .json(try Listing(request).page(sorted, key: \.exportedName, value: Self.value))
    }

    private static func value(_ exported: RegistryEntry.ExportedTool) -> JSONValue {
        let tool = exported.tool
        var object = JSONObject(members: [
            .init(name: "extension", value: .string(exported.extensionName)),
            .init(name: "name", value: .string(tool.name)),
            .init(name: "mcp_name", value: .string(exported.exportedName)),
        ])
        object["title"] = tool.title.map(JSONValue.string)
        object["description"] = tool.description.map(JSONValue.string)
        object["input_schema"] = tool.inputSchema.map(JSONValue.init)
        object["output_schema"] = tool.outputSchema.map(JSONValue.init)
        object["annotations"] = tool.annotations.map(JSONValue.init)
        return .object(object)
    }

    // MARK: Calling

    @Sendable private func invoke(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let call = try InvocationBody.decode(
            try await request.fields(InvocationBody.schema, limit: services.bodyLimit),
            extensionName: context.parameters.get("name") ?? "",
            capability: context.parameters.get("capability") ?? ""
        )
        let caller = context.caller(.rest)
        let answer = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.invocations.invoke(caller, call)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: InvocationBody.encode(answer))
        )
    }
}
