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
                answer: "CapabilityList",
                handler: list
            ),
            Route(
                method: .post,
                path: "/api/v1/extensions/{name}/capabilities/{capability}/invoke",
                summary: "Call a capability.",
                body: "Invocation",
                answer: "Execution",
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

    private static func value(_ exported: RegistrySnapshot.ExportedTool) -> JSONValue {
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
        let fields = try await request.fields(limit: services.bodyLimit)
        let call = InvocationService.Request(
            extensionName: context.parameters.get("name") ?? "",
            capability: context.parameters.get("capability") ?? "",
            parameters: try Self.parameters(fields),
            timeout: try Self.timeout(fields)
        )
        let caller = context.caller(.rest)
        let answer = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
            try await services.invocations.invoke(caller, call)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: Self.encode(answer))
        )
    }

    private static func parameters(_ fields: JSONFields) throws(HeddleError) -> JSONView? {
        try fields.refuseUnknown(["parameters", "context", "options"])
        guard let view = fields.view("parameters"), !view.isNull else { return nil }
        guard view.kind == .object else {
            throw HeddleError(.invalidRequest, "'parameters' is an object", details: ["field": "parameters"])
        }
        return view
    }

    private static func timeout(_ fields: JSONFields) throws(HeddleError) -> Duration {
        if let context = try fields.fieldsIfPresent("context") {
            try context.refuseUnknown(["context_id", "user_id", "session_id", "request_id"])
        }
        guard let options = try fields.fieldsIfPresent("options") else { return InvocationService.defaultTimeout }
        try options.refuseUnknown(["timeout_ms"])
        let limit = Int(InvocationService.maximumTimeout / .milliseconds(1))
        guard let milliseconds = try options.integerIfPresent("timeout_ms", in: 1...limit) else {
            return InvocationService.defaultTimeout
        }
        return .milliseconds(milliseconds)
    }

    /// The answer, with the extension's result spliced in as it came.
    private static func encode(_ answer: InvocationService.Answer) -> ByteBuffer {
        let (name, bytes, failed) = body(answer.outcome)
        var buffer = ByteBufferAllocator().buffer(capacity: 192 + bytes.count)
        buffer.writeStaticString("{\"execution_id\":\"")
        buffer.writeString(answer.executionID.rawValue)
        buffer.writeStaticString("\",\"execution_status\":\"")
        buffer.writeString(failed ? "failed" : "completed")
        buffer.writeStaticString("\",\"execution_time_ms\":")
        let microseconds = Int(answer.elapsed / .microseconds(1))
        let fraction = String(microseconds % 1000 + 1000).dropFirst()
        buffer.writeString("\(microseconds / 1000).\(fraction)")
        buffer.writeString(",\"\(name)\":")
        buffer.writeBytes(bytes)
        buffer.writeStaticString("}")
        return buffer
    }

    private static func body(_ outcome: MCPOutcome) -> (name: String, bytes: ArraySlice<UInt8>, failed: Bool) {
        switch outcome {
        case .result(let result):
            return ("result", result.bytes, result["isError"]?.bool ?? false)
        case .failure(let failure):
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("code")
            writer.string(HeddleError.Code.extensionRefused.rawValue)
            writer.name("message")
            writer.string(failure.message)
            writer.name("details")
            writer.beginObject()
            writer.name("mcp_code")
            writer.integer(failure.code)
            if let data = failure.data {
                writer.name("data")
                writer.raw(data)
            }
            writer.endObject()
            writer.endObject()
            return ("error", writer.bytes[...], true)
        }
    }
}
