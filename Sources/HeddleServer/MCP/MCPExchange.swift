import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON

/// One request of an MCP client, up to its answer or to the call that it asks for.
struct MCPExchange: Sendable {
    /// What a request leads to.
    enum Step: Sendable {
        case answer(MCPAnswer)
        case call(MCPToolCall)
    }

    let endpoint: MCPEndpoint
    let id: JSONView
    let method: String
    let params: JSONView?
    let headers: HTTPFields
    let requestID: RequestID

    private var services: ServerServices { endpoint.services }
    private var session: String? { headers[.mcpSessionID] }

    /// The revision that the request's own metadata names; nil for a legacy request.
    private var statedVersion: String? { params?["_meta"]?.member(MCPMetaKey.protocolVersion)?.string }

    /// Checks the request and does what needs no extension.
    func step() -> Step {
        let headerVersion = headers[.mcpProtocolVersion]
        let isModern =
            statedVersion != nil || method == "server/discover"
            || headerVersion.map { $0 >= MCPRevision.july2026.rawValue } ?? false
        if isModern {
            if let refusal = checkModern(headerVersion) { return .answer(refusal) }
            return step(in: .modern)
        }
        guard method != "initialize" else { return .answer(initialize()) }
        if let headerVersion, MCPRevision(rawValue: headerVersion) == nil { return .answer(unsupported(headerVersion)) }
        if let session, !endpoint.sessions.use(session) {
            return .answer(.failure(id: id, .invalidRequest, "the session is over", status: .notFound))
        }
        return step(in: .legacy)
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
        guard headers[.mcpMethod] == method else { return mismatch("Mcp-Method") }
        if method == "tools/call", headers[.mcpName] != params?["name"]?.string { return mismatch("Mcp-Name") }
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

    private func step(in era: MCPEra) -> Step {
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
            return .answer(listTools(era))
        case ("tools/call", _):
            return callTool(era)
        case _:
            return .answer(
                .failure(
                    id: id,
                    .methodNotFound,
                    "the method '\(method.prefix(80))' is not offered",
                    status: era == .legacy ? .ok : nil
                )
            )
        }
    }

    private func ok(_ bytes: [UInt8]) -> Step { .answer(MCPAnswer(status: .ok, bytes: bytes)) }

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

    private func callTool(_ era: MCPEra) -> Step {
        guard let name = params?["name"]?.string, let exported = services.registry.snapshot.exportedTool(name) else {
            let name = params?["name"]?.string ?? ""
            return .answer(.failure(id: id, .invalidParams, "Unknown tool: \(name.prefix(200))"))
        }
        let arguments = params?["arguments"]
        if let arguments, arguments.kind != .object {
            return .answer(.failure(id: id, .invalidParams, "'arguments' is an object"))
        }
        var call = InvocationService.Request(
            extensionName: exported.extensionName,
            capability: exported.tool.name,
            parameters: arguments,
            timeout: InvocationService.defaultTimeout
        )
        call.session = session
        let token = params?["_meta"]?["progressToken"]
        return .call(
            MCPToolCall(
                endpoint: endpoint,
                id: id,
                era: era,
                request: call,
                requestID: requestID,
                progressToken: token.flatMap { $0.kind == .string || $0.kind == .number ? $0 : nil }
            )
        )
    }
}
