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
            Route(
                method: .post,
                path: "/api/v1/extensions/{name}/capabilities/{capability}/invoke_batch",
                summary: "Call a capability several times; with Accept: application/x-ndjson each result as it comes.",
                body: BatchBody.schema,
                answer: .batch,
                otherTypes: ["application/x-ndjson"],
                handler: invokeBatch
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
        let (name, capability) = (context.parameters.get("name") ?? "", context.parameters.get("capability") ?? "")
        let fields = try await request.fields(InvocationBody.schema, limit: services.bodyLimit)
        let call = try InvocationBody.decode(fields, extensionName: name, capability: capability)
        let caller = context.caller(.rest)
        return try await answer(request, fields, caller, operation: "\(name)/\(capability)") { [services] in
            let answer = try await services.hangUps.cancellingOnHangUp(of: context.channel) {
                try await services.invocations.invoke(caller, call)
            }
            return InvocationBody.encode(answer)
        }
    }

    /// Does what is asked, once for each `Idempotency-Key`.
    private func answer(
        _ request: Request,
        _ fields: JSONFields,
        _ caller: Caller,
        operation: String,
        _ make: () async throws -> ByteBuffer
    ) async throws -> Response {
        guard let key = request.headers[.idempotencyKey] else { return Self.response(try await make()) }
        let (answer, isReplay) = try await services.idempotency.answer(
            key,
            caller,
            operation: operation,
            body: fields.view
        ) {
            IdempotencyKeys.Answer(status: 200, body: Array(try await make().readableBytesView))
        }
        var response = Self.response(ByteBuffer(bytes: answer.body))
        if isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }

    private static func response(_ body: ByteBuffer) -> Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }

    @Sendable private func invokeBatch(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let (name, capability) = (context.parameters.get("name") ?? "", context.parameters.get("capability") ?? "")
        let fields = try await request.fields(BatchBody.schema, limit: services.bodyLimit)
        let batch = try BatchBody(fields, extensionName: name, capability: capability)
        var caller = context.caller(.rest)
        caller.deadline = .now + batch.timeout
        // What concerns all of them is said once.
        if let first = batch.requests.first { try services.invocations.check(first) }
        if request.headers[.accept]?.contains("application/x-ndjson") ?? false {
            guard request.headers[.idempotencyKey] == nil else {
                throw HeddleError(
                    .invalidRequest,
                    "results that are streamed cannot be given again; leave out 'Idempotency-Key' or ask for application/json",
                    details: ["field": "Idempotency-Key"]
                )
            }
            return stream(batch, caller, context.requestID)
        }
        let (asked, requestID) = (caller, context.requestID)
        return try await answer(request, fields, asked, operation: "\(name)/\(capability)/batch") { [services] in
            try await services.hangUps.cancellingOnHangUp(of: context.channel) { [services] in
                var results = BatchResults(batch, requestID)
                for await one in services.invocations.results(asked, batch: batch.requests, size: batch.size) {
                    results.add(one.index, one.result)
                }
                try Task.checkCancellation()
                return results.body
            }
        }
    }

    /// A line for each result when it is there; the client's end ends the calls with the writing.
    private func stream(_ batch: BatchBody, _ caller: Caller, _ requestID: HeddleModel.RequestID) -> Response {
        let body = ResponseBody { [services] writer in
            for await one in services.invocations.results(caller, batch: batch.requests, size: batch.size) {
                var line = BatchBody.encode(one.index, one.result, requestID)
                line.writeString("\n")
                try await writer.write(line)
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }
}
