import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import JSON

/// One request of an MCP client, up to its answer or to what has to be done for it.
struct MCPExchange: Sendable {
    /// What a request leads to.
    enum Step: Sendable {
        case answer(MCPAnswer)
        case relay(MCPRelay)
        /// What needs to wait for extensions before it can be told.
        case later(@Sendable () async throws -> Step)
        /// A client wants to hear of changes.
        case listen(MCPListeners.Filter)
    }

    let gateway: MCPGateway
    let scope: MCPScope
    let id: JSONView
    let method: String
    let params: JSONView?
    let headers: HTTPFields
    let requestID: RequestID

    var services: ServerServices { gateway.services }

    /// The revision that the request's own metadata names; nil for a legacy request.
    private var statedVersion: String? { params?["_meta"]?.member(MCPMetaKey.protocolVersion)?.string }

    /// Checks the request and does what needs no extension.
    func step() -> Step {
        let headerVersion = headers[.mcpProtocolVersion]
        let isModern =
            statedVersion != nil || method == "server/discover"
            || headerVersion.map { $0 >= MCPRevision.july2026.rawValue } ?? false
        do throws(HeddleError) {
            if isModern {
                if let refusal = checkModern(headerVersion) { return .answer(refusal) }
                return try step(for: MCPClient(modern: params?["_meta"]))
            }
            guard method != "initialize" else { return initialize() }
            if let headerVersion, MCPRevision(rawValue: headerVersion) == nil {
                return .answer(unsupported(headerVersion))
            }
            guard let name = headers[.mcpSessionID] else { return try step(for: MCPClient(legacy: nil)) }
            guard let session = gateway.sessions.use(name), session.scope == scope else {
                return .answer(.failure(id: id, .invalidRequest, "the session is over", status: .notFound))
            }
            return try step(for: MCPClient(legacy: session))
        } catch {
            return .answer(refusal(error))
        }
    }

    /// The answer to a request that an error of ours ended.
    func refusal(_ error: any Error) -> MCPAnswer {
        let wire = Door.known(error).value(requestID: requestID)["error"] ?? .null
        let code = MCPErrorCode.internalError.rawValue
        return MCPAnswer(
            status: .ok,
            bytes: MCPAnswer.error(id: id, code: code, wire["message"]?.string ?? "", data: wire.bytes[...])
        )
    }

    // MARK: Checks of modern requests

    private static let methods: Set<String> = [
        "server/discover", "tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read",
        "prompts/list", "prompts/get", "completion/complete", "subscriptions/listen", "tasks/get", "tasks/update",
        "tasks/cancel",
    ]

    /// What `Mcp-Name` repeats of a request, if anything.
    private var named: (name: String?, isNamed: Bool) {
        switch method {
        case "tools/call", "prompts/get": (params?["name"]?.string, true)
        case "resources/read": (params?["uri"]?.string, true)
        case "tasks/get", "tasks/update", "tasks/cancel": (params?["taskId"]?.string, true)
        case _: (nil, false)
        }
    }

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
        guard MCPHeaders.agrees(headerVersion, version) else { return mismatch("MCP-Protocol-Version") }
        guard version == MCPRevision.latest.rawValue else { return unsupported(version) }
        guard MCPHeaders.agrees(headers[.mcpMethod], method) else { return mismatch("Mcp-Method") }
        guard Self.methods.contains(method) else {
            return .failure(id: id, .methodNotFound, "the method '\(method.prefix(80))' is not offered")
        }
        let (name, isNamed) = named
        guard !isNamed || MCPHeaders.agrees(headers[.mcpName], name) else { return mismatch("Mcp-Name") }
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

    // MARK: Greetings

    static let serverInfo: JSONValue = [
        "name": "heddle", "title": "Heddle", "version": .string(HeddleVersion.current),
    ]
    /// What the modern revision has at the front of every result of ours.
    static let complete = #""resultType":"complete","_meta":{"\#(MCPMetaKey.serverInfo)":\#(serverInfo.text)}"#
    static let cacheable = complete + #","ttlMs":0,"cacheScope":"private""#

    private func initialize() -> Step {
        let asked = params?["protocolVersion"]?.string.flatMap(MCPRevision.init(rawValue:))
        let revision = asked.flatMap { $0.era == .legacy ? $0 : nil } ?? .latestLegacy
        let stated = params?["capabilities"]
        // Kept for as long as the session.
        guard (stated?.range.count ?? 0) <= 16_384 else { return invalid("'capabilities' is too large") }
        return .later { [self] in
            let capabilities = try await capabilities(in: .legacy)
            let session = gateway.sessions.begin(
                MCPSession.Opening(
                    revision: revision,
                    capabilities: stated?.kind == .object ? stated?.compactBytes ?? [] : Array("{}".utf8),
                    abilities: MCPClient.abilities(stated),
                    extensionName: scope.extensionName
                )
            )
            let result: JSONValue = [
                "protocolVersion": .string(revision.rawValue), "capabilities": capabilities,
                "serverInfo": Self.serverInfo,
            ]
            return .answer(
                MCPAnswer(status: .ok, bytes: MCPAnswer.result(id: id, result.bytes[...]), session: session.id)
            )
        }
    }

    private func discover() -> Step {
        .later { [self] in
            let result: JSONValue = [
                "supportedVersions": .array(MCPRevision.allCases.reversed().map { .string($0.rawValue) }),
                "capabilities": try await capabilities(in: .modern),
            ]
            return ok(MCPAnswer.result(id: id, result.bytes[...], extra: Self.cacheable))
        }
    }

    /// What the endpoint can do: everything, or what its one extension can.
    private func capabilities(in era: MCPEra) async throws -> JSONValue {
        let abilities: MCPAbilities =
            if let name = scope.extensionName {
                try await services.relay.abilities(of: name)
            } else {
                [.tools, .resources, .resourceSubscriptions, .prompts, .completions, .logging]
            }
        var object = JSONObject()
        object["tools"] = ["listChanged": true]
        if abilities.contains(.resources) {
            let subscribes = abilities.contains(.resourceSubscriptions)
            object["resources"] = subscribes ? ["subscribe": true, "listChanged": true] : ["listChanged": true]
        }
        if abilities.contains(.prompts) { object["prompts"] = ["listChanged": true] }
        if abilities.contains(.completions) { object["completions"] = [:] }
        if abilities.contains(.logging) { object["logging"] = [:] }
        if era == .modern {
            object["extensions"] = .object(JSONObject(members: [.init(name: MCPMetaKey.tasks, value: [:])]))
        }
        return .object(object)
    }

    // MARK: Methods

    private func step(for client: MCPClient) throws(HeddleError) -> Step {
        switch (method, client.era) {
        case ("tools/list", _): return .answer(try listTools(client.era))
        case ("tools/call", _): return try callTool(client)
        case ("resources/list", _): return list(.resources, client)
        case ("resources/templates/list", _): return list(.templates, client)
        case ("prompts/list", _): return list(.prompts, client)
        case ("resources/read", _): return readResource(client)
        case ("prompts/get", _): return getPrompt(client)
        case ("completion/complete", _): return complete(client)
        case ("server/discover", .modern): return discover()
        case ("subscriptions/listen", .modern): return listen(client)
        case ("tasks/get", .modern), ("tasks/update", .modern), ("tasks/cancel", .modern): return task(client)
        case ("ping", .legacy): return ok(MCPAnswer.result(id: id, Array("{}".utf8)[...]))
        case ("logging/setLevel", .legacy): return setLevel(client)
        case ("resources/subscribe", .legacy), ("resources/unsubscribe", .legacy): return subscribe(client)
        case _:
            return .answer(
                .failure(
                    id: id,
                    .methodNotFound,
                    "the method '\(method.prefix(80))' is not offered",
                    status: client.era == .legacy ? .ok : nil
                )
            )
        }
    }

    func ok(_ bytes: [UInt8]) -> Step { .answer(MCPAnswer(status: .ok, bytes: bytes)) }

    func invalid(_ message: String, data: JSONValue? = nil) -> Step {
        .answer(.failure(id: id, .invalidParams, message, data: data))
    }

    /// A request that an extension answers.
    func relay(_ work: MCPWork, _ client: MCPClient) -> Step {
        var work = work
        if let state = params?["requestState"], client.era == .modern {
            guard let text = state.string else { return invalid("'requestState' is a text") }
            work.state = text
        }
        if let answers = params?["inputResponses"], client.era == .modern {
            guard answers.kind == .object else { return invalid("'inputResponses' is an object") }
            work.answersView = answers
            for (name, value) in answers.members { work.answers[name.string ?? ""] = value.compactBytes }
        }
        let token = params?["_meta"]?["progressToken"]
        return .relay(
            MCPRelay(
                gateway: gateway,
                scope: scope,
                id: id,
                client: client,
                work: work,
                requestID: requestID,
                progressToken: token.flatMap { $0.kind == .string || $0.kind == .number ? $0 : nil }
            )
        )
    }

    // MARK: Tools

    private static let pageSize = 1000

    private func listTools(_ era: MCPEra) throws(HeddleError) -> MCPAnswer {
        let tools = try scope.tools(services.registry)
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
        guard exported.exportedName != exported.tool.name else { return writer.raw(exported.tool.document.root) }
        writer.beginObject()
        writer.name("name")
        writer.string(exported.exportedName)
        for member in exported.tool.document.root.members where !member.name.equals("name") {
            writer.name(member.name.string ?? "")
            writer.raw(member.value)
        }
        writer.endObject()
    }

    private func callTool(_ client: MCPClient) throws(HeddleError) -> Step {
        guard let name = params?["name"]?.string, let exported = try scope.tool(name, services.registry) else {
            let name = params?["name"]?.string ?? ""
            return invalid("Unknown tool: \(name.prefix(200))")
        }
        let arguments = params?["arguments"]
        if let arguments, arguments.kind != .object { return invalid("'arguments' is an object") }
        if client.era == .modern, headers[.mcpTransport] != "stdio",
            let header = MCPHeaders.disagreement(headers, exported.tool, arguments)
        {
            return .answer(mismatch(header))
        }
        var call = InvocationService.Request(
            extensionName: exported.extensionName,
            capability: exported.tool.name,
            parameters: arguments,
            // A task takes the time that it needs.
            timeout: client.takesTasks ? InvocationService.maximumTimeout : InvocationService.defaultTimeout
        )
        call.session = client.session?.id
        var work = MCPWork(kind: .tool(call), method: method, params: params)
        if case .all = scope, client.takesTasks {
            let owner = exported.extensionName
            work.adapt = { Self.naming(taskOf: owner, $0) }
        }
        return relay(work, client)
    }
}
