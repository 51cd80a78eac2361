import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import Hummingbird
import JSON
import Logging
import NIOCore

/// One request of an MCP client and its answer.
struct MCPExchange: Sendable {
    let endpoint: MCPEndpoint
    let id: JSONView
    let method: String
    let params: JSONView?
    let request: Request
    let context: HeddleRequestContext

    private var services: ServerServices { endpoint.services }

    /// The revision that the request's own metadata names; nil for a legacy request.
    private var statedVersion: String? { params?["_meta"]?.member(MCPMetaKey.protocolVersion)?.string }

    func respond(acceptsEvents: Bool) async throws -> Response {
        let headerVersion = request.headers[.mcpProtocolVersion]
        let isModern =
            statedVersion != nil || method == "server/discover"
            || headerVersion.map { $0 >= MCPRevision.july2026.rawValue } ?? false
        if isModern {
            if let refusal = checkModern(headerVersion) { return refusal.response }
            return try await answer(era: .modern, acceptsEvents: acceptsEvents)
        }
        guard method != "initialize" else { return initialize().response }
        if let headerVersion, MCPRevision(rawValue: headerVersion) == nil { return unsupported(headerVersion).response }
        if let session = MCPEndpoint.session(request), !endpoint.sessions.use(session) {
            return MCPAnswer.failure(id: id, .invalidRequest, "the session is over", status: .notFound).response
        }
        return try await answer(era: .legacy, acceptsEvents: acceptsEvents)
    }

    // MARK: Greetings

    private func checkModern(_ headerVersion: String?) -> MCPAnswer? {
        guard let version = statedVersion, params?["_meta"]?.member(MCPMetaKey.clientCapabilities)?.kind == .object
        else {
            return .failure(
                id: id,
                .invalidParams,
                "'_meta' carries the protocol version and the client's capabilities",
                status: .badRequest
            )
        }
        guard headerVersion == version else { return mismatch("MCP-Protocol-Version") }
        guard version == MCPRevision.latest.rawValue else { return unsupported(version) }
        guard request.headers[.mcpMethod] == method else { return mismatch("Mcp-Method") }
        if method == "tools/call", request.headers[.mcpName] != params?["name"]?.string { return mismatch("Mcp-Name") }
        return nil
    }

    private func unsupported(_ version: String) -> MCPAnswer {
        .failure(
            id: id,
            .unsupportedProtocolVersion,
            "this version of the protocol is not supported here",
            data: [
                "supported": .array(MCPRevision.allCases.reversed().map { .string($0.rawValue) }),
                "requested": .string(version.clipped(32)),
            ]
        )
    }

    private func mismatch(_ header: String) -> MCPAnswer {
        .failure(id: id, .headerMismatch, "the header '\(header)' is missing or disagrees with the body")
    }

    private func initialize() -> MCPAnswer {
        let asked = params?["protocolVersion"]?.string.flatMap(MCPRevision.init(rawValue:))
        let revision = asked.flatMap { $0.era == .legacy ? $0 : nil } ?? .latestLegacy
        let result: JSONValue = [
            "protocolVersion": .string(revision.rawValue), "capabilities": ["tools": ["listChanged": false]],
            "serverInfo": Self.serverInfo,
        ]
        return MCPAnswer(
            status: .ok,
            bytes: MCPAnswer.result(id: id, result.bytes[...]),
            session: endpoint.sessions.begin()
        )
    }

    private static let serverInfo: JSONValue = [
        "name": "heddle", "title": "Heddle", "version": .string(HeddleVersion.current),
    ]

    /// What the modern revision has at the front of every result.
    private static let complete =
        #""resultType":"complete","_meta":{"\#(MCPMetaKey.serverInfo)":\#(serverInfo.text)}"#
    private static let cacheable = complete + #","ttlMs":0,"cacheScope":"private""#

    // MARK: Methods

    private func answer(era: MCPEra, acceptsEvents: Bool) async throws -> Response {
        switch (method, era) {
        case ("server/discover", .modern):
            let result: JSONValue = [
                "supportedVersions": .array(MCPRevision.allCases.reversed().map { .string($0.rawValue) }),
                "capabilities": ["tools": ["listChanged": false]],
            ]
            return ok(MCPAnswer.result(id: id, result.bytes[...], extra: Self.cacheable))
        case ("ping", .legacy):
            return ok(MCPAnswer.result(id: id, Array("{}".utf8)[...]))
        case ("tools/list", _):
            return listTools(era).response
        case ("tools/call", _):
            return try await callTool(era, acceptsEvents: acceptsEvents)
        case _:
            return
                MCPAnswer.failure(
                    id: id,
                    .methodNotFound,
                    "the method '\(method.prefix(80))' is not offered",
                    status: era == .legacy ? .ok : nil
                )
                .response
        }
    }

    private func ok(_ bytes: [UInt8]) -> Response { .json(bytes: bytes) }

    private static let pageSize = 500

    private func listTools(_ era: MCPEra) -> MCPAnswer {
        let tools = services.registry.snapshot.exportedTools
        var start = 0
        if let cursor = params?["cursor"], !cursor.isNull {
            guard let name = cursor.string, let index = tools.firstIndex(where: { $0.exportedName == name }) else {
                return .failure(id: id, .invalidParams, "the cursor is not one that a list gave")
            }
            start = index
        }
        let end = min(start + Self.pageSize, tools.count)
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.name("tools")
        writer.beginArray()
        for exported in tools[start..<end] { Self.write(exported, to: &writer) }
        writer.endArray()
        if end < tools.count {
            writer.name("nextCursor")
            writer.string(tools[end].exportedName)
        }
        writer.endObject()
        let extra = era == .modern ? Self.cacheable : ""
        return MCPAnswer(status: .ok, bytes: MCPAnswer.result(id: id, writer.bytes[...], extra: extra))
    }

    /// The tool as its extension describes it, but for its name.
    private static func write(_ exported: RegistryEntry.ExportedTool, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.name("name")
        writer.string(exported.exportedName)
        for member in exported.tool.document.root.members where !member.name.equals("name") {
            writer.name(member.name.string ?? "")
            writer.raw(member.value)
        }
        writer.endObject()
    }

    // MARK: Calls

    private func callTool(_ era: MCPEra, acceptsEvents: Bool) async throws -> Response {
        guard let name = params?["name"]?.string, let exported = services.registry.snapshot.exportedTool(name) else {
            let name = params?["name"]?.string ?? ""
            return MCPAnswer.failure(id: id, .invalidParams, "Unknown tool: \(name.prefix(200))").response
        }
        let arguments = params?["arguments"]
        if let arguments, arguments.kind != .object {
            return MCPAnswer.failure(id: id, .invalidParams, "'arguments' is an object").response
        }
        let token = params?["_meta"]?["progressToken"]
        guard acceptsEvents, let token, token.kind == .string || token.kind == .number else {
            return ok(try await call(exported, arguments, era, progress: nil))
        }
        return MCPEventStream.response { send in
            try await call(exported, arguments, era) { progress in
                send(Self.progress(progress, token: token))
            }
        }
    }

    private func call(
        _ exported: RegistryEntry.ExportedTool,
        _ arguments: JSONView?,
        _ era: MCPEra,
        progress: (@Sendable (JSONView) -> Void)?
    ) async throws -> [UInt8] {
        let call = InvocationService.Request(
            extensionName: exported.extensionName,
            capability: exported.tool.name,
            parameters: arguments,
            timeout: InvocationService.defaultTimeout,
            progress: progress
        )
        let caller = context.caller(.mcp)
        do {
            let answer = try await services.hangUps.cancellingOnHangUp(of: context.channel) { [self] in
                try await cancellable { try await services.invocations.invoke(caller, call) }
            }
            return encode(answer, era)
        } catch let error as HeddleError {
            // A model can mend its parameters when it is told as a result what is wrong with them (MCP 2025-11-25).
            if error.code == .invalidParameters { return Self.toolFailure(error, id, era) }
            if error.code == .internalError {
                context.logger.error("Failed a call", metadata: ["error": "\(error)"])
            }
            let wire = error.value(requestID: context.requestID)["error"] ?? .null
            let message = wire["message"]?.string ?? ""
            return MCPAnswer.error(id: id, code: MCPErrorCode.internalError.rawValue, message, data: wire.bytes[...])
        }
    }

    private static func toolFailure(_ error: HeddleError, _ id: JSONView, _ era: MCPEra) -> [UInt8] {
        let lines = error.violations.map { "\($0.path.isEmpty ? "the value" : $0.path) \($0.message)" }
        let text = ([error.message] + lines.dropFirst(3)).joined(separator: "\n")
        let result: JSONValue = ["content": [["type": "text", "text": .string(text)]], "isError": true]
        let extra = era == .modern ? #""resultType":"complete""# : ""
        return MCPAnswer.result(id: id, result.bytes[...], extra: extra)
    }

    /// Lets `notifications/cancelled` of the same session end the operation.
    private func cancellable<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let session = MCPEndpoint.session(request) else { return try await operation() }
        // Unstructured, because the cancellation arrives with another request; awaited below in any case.
        let task = Task { try await operation() }
        endpoint.sessions.add(session, requestID: id.bytes) { task.cancel() }
        defer { endpoint.sessions.remove(session, requestID: id.bytes) }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func encode(_ answer: InvocationService.Answer, _ era: MCPEra) -> [UInt8] {
        switch answer.outcome {
        case .failure(let failure):
            return MCPAnswer.error(id: id, code: failure.code, failure.message, data: failure.data?.bytes)
        case .result(let result):
            let needsType = era == .modern && result["resultType"] == nil
            return MCPAnswer.result(id: id, result.bytes, extra: needsType ? #""resultType":"complete""# : "")
        }
    }

    private static func progress(_ params: JSONView, token: JSONView) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("method")
        writer.string("notifications/progress")
        writer.name("params")
        writer.beginObject()
        writer.name("progressToken")
        writer.raw(token)
        for member in params.members where !member.name.equals("progressToken") {
            writer.name(member.name.string ?? "")
            writer.raw(member.value)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
