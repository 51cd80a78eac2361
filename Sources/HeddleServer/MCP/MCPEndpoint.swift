import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import Hummingbird
import JSON
import NIOCore
import Synchronization

/// `/mcp` and `/mcp/extensions/<name>`: extensions over Streamable HTTP, for clients of both eras.
///
/// Modern requests (2026-07-28) stand alone and are checked against their headers; legacy ones begin with `initialize`, and
/// belong to a session from then on, in which the server asks and tells as well.
struct MCPEndpoint: Sendable {
    let gateway: MCPGateway

    private var services: ServerServices { gateway.services }

    var routes: [Route] {
        ["/mcp", "/mcp/extensions/{name}"]
            .flatMap { path in
                [
                    Route(
                        method: .post,
                        path: path,
                        summary: "Model Context Protocol, Streamable HTTP.",
                        body: .jsonRPC,
                        answer: .jsonRPC,
                        otherTypes: ["text/event-stream"],
                        handler: post
                    ),
                    Route(
                        method: .get,
                        path: path,
                        summary: "What a legacy session is told, or the rest of a stream.",
                        otherTypes: ["text/event-stream"],
                        handler: listen
                    ),
                    Route(
                        method: .delete,
                        path: path,
                        summary: "End a legacy session.",
                        status: 204,
                        handler: endSession
                    ),
                ]
            }
    }

    private func scope(_ context: HeddleRequestContext) throws(HeddleError) -> MCPScope {
        guard let name = context.parameters.get("name") else { return .all }
        // Known by name at least; whether it takes calls is told in the protocol's own words.
        if services.registry.snapshot.entry(name) == nil { _ = try services.registry.active(name) }
        return .one(name)
    }

    // MARK: POST

    @Sendable private func post(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let accept = Accept(request.headers)
        guard accept.takesJSON else { throw Self.notAcceptable }
        try JSONFields.checkType(request.headers[.contentType])
        let scope = try scope(context)
        let bytes = try await request.bytes(limit: services.bodyLimit)
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(bytes)
        } catch {
            return MCPAnswer.failure(id: nil, .parseError, "the body is not acceptable JSON: \(error)").response
        }
        if document.root.kind == .array { return await answer(batch: document.root, scope, request.headers, context) }
        guard let message = MCPMessage(document.root) else {
            return MCPAnswer.failure(id: nil, .invalidRequest, "the body is not one JSON-RPC 2.0 message").response
        }
        guard case .request(let id, let method, let params) = message else {
            return take(message, scope, request.headers).response
        }
        let exchange = exchange(id, method, params, scope, request.headers, context.requestID)
        return await respond(exchange, accept, context.channel)
    }

    private func exchange(
        _ id: JSONView,
        _ method: String,
        _ params: JSONView?,
        _ scope: MCPScope,
        _ headers: HTTPFields,
        _ requestID: HeddleModel.RequestID
    ) -> MCPExchange {
        MCPExchange(
            gateway: gateway,
            scope: scope,
            id: id,
            method: method,
            params: params,
            headers: headers,
            requestID: requestID
        )
    }

    /// Takes a message that is no request.
    private func take(_ message: MCPMessage, _ scope: MCPScope, _ headers: HTTPFields) -> MCPAnswer {
        let session = headers[.mcpSessionID].flatMap { gateway.sessions.use($0) }
        guard headers[.mcpSessionID] == nil || session?.scope == scope else {
            return .failure(id: nil, .invalidRequest, "the session is over", status: .notFound)
        }
        switch message {
        case .request: break
        case .notification(let method, let params):
            if method == "notifications/cancelled", let id = params?["requestId"] { session?.cancel(id.bytes) }
        case .result(let id, let result): _ = session?.answer(id, .success(result.compactBytes))
        case .failure(let id, let failure): _ = session?.answer(id, .failure(failure))
        }
        return MCPAnswer(status: .accepted, bytes: [])
    }

    private func respond(_ exchange: MCPExchange, _ accept: Accept, _ channel: any Channel) async -> Response {
        do {
            switch try await settled(exchange.step()) {
            case .answer(let answer): return answer.response
            case .listen(let filter): return listen(exchange, filter, accept, channel)
            case .later: return exchange.refusal(HeddleError(.internalError, "")).response
            case .relay(let relay):
                guard accept.takesEvents, relay.needsOutlet else {
                    return await MCPReply.plain(relay, channel, services.hangUps).response
                }
                return await MCPReply.streamed(relay, channel, services.hangUps)
            }
        } catch {
            return exchange.refusal(error).response
        }
    }

    /// The step that a request leads to in the end.
    private func settled(_ step: MCPExchange.Step) async throws -> MCPExchange.Step {
        var step = step
        // A step waits for an owner, and then perhaps for what the owner can do.
        for _ in 0..<4 {
            guard case .later(let next) = step else { return step }
            step = try await next()
        }
        return step
    }

    private func listen(
        _ exchange: MCPExchange,
        _ filter: MCPListeners.Filter,
        _ accept: Accept,
        _ channel: any Channel
    ) -> Response {
        guard accept.takesEvents else {
            return exchange.refusal(Self.notAcceptable).response
        }
        guard let (number, stream) = gateway.listeners.add(filter, id: exchange.id, scope: exchange.scope) else {
            let error = HeddleError(
                .tooManyRequests,
                "\(MCPListeners.most) clients listen already",
                details: ["limit": "listeners", "value": String(MCPListeners.most)]
            )
            return exchange.refusal(error).response
        }
        let unfollow = exchange.follow(filter.uris)
        let listeners = gateway.listeners
        let gone = Leaving {
            listeners.remove(number)
            unfollow()
            stream.end()
        }
        // A client may be gone before the first byte is written.
        let watch = services.hangUps.watch(channel) { gone.leave() }
        return stream.response {
            watch.end()
            gone.leave()
        }
    }

    /// Several messages at once, which only the revision 2025-03-26 has.
    private func answer(
        batch: JSONView,
        _ scope: MCPScope,
        _ headers: HTTPFields,
        _ context: HeddleRequestContext
    ) async -> Response {
        let revision = headers[.mcpSessionID].flatMap { gateway.sessions.use($0)?.opening.revision }
        guard revision == .march2025, (1...100).contains(batch.count) else {
            return MCPAnswer.failure(id: nil, .invalidRequest, "the body is not one JSON-RPC 2.0 message").response
        }
        var answers: [[UInt8]] = []
        for element in batch.elements {
            switch MCPMessage(element) {
            case nil:
                answers.append(MCPAnswer.failure(id: nil, .invalidRequest, "this is no JSON-RPC 2.0 message").bytes)
            case .request(let id, let method, let params) where method != "initialize":
                let exchange = exchange(id, method, params, scope, headers, context.requestID)
                do {
                    switch try await settled(exchange.step()) {
                    case .answer(let answer): answers.append(answer.bytes)
                    case .relay(let relay):
                        answers.append(await MCPReply.plain(relay, context.channel, services.hangUps).bytes)
                    case .listen, .later: answers.append(exchange.refusal(HeddleError(.internalError, "")).bytes)
                    }
                } catch {
                    answers.append(exchange.refusal(error).bytes)
                }
            case .request(let id, _, _):
                answers.append(MCPAnswer.failure(id: id, .invalidRequest, "'initialize' stands alone").bytes)
            case .some(let message): _ = take(message, scope, headers)
            }
        }
        guard !answers.isEmpty else { return Response(status: .accepted) }
        return .json(bytes: [UInt8(ascii: "[")] + answers.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")])
    }

    /// The step of a request that asks for a tool and is answered with one message; nil for everything else.
    ///
    /// This is what is worth the short way through the server.
    func plainCall(
        _ bytes: [UInt8],
        _ scope: MCPScope,
        _ headers: HTTPFields,
        _ requestID: HeddleModel.RequestID
    ) -> MCPExchange.Step? {
        let accept = Accept(headers)
        if case .one(let name) = scope, services.registry.snapshot.entry(name) == nil { return nil }
        guard accept.takesJSON, let document = try? JSONDocument(bytes),
            case .request(let id, let method, let params) = MCPMessage(document.root), method == "tools/call"
        else { return nil }
        let step = exchange(id, method, params, scope, headers, requestID).step()
        switch step {
        case .answer: return step
        case .relay(let relay): return relay.needsOutlet && accept.takesEvents ? nil : step
        case .later, .listen: return nil
        }
    }

    /// What is done once when a client is gone, whoever notices first.
    private final class Leaving: Sendable {
        private let isDone = Atomic<Bool>(false)
        private let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }

        func leave() {
            if !isDone.exchange(true, ordering: .relaxed) { body() }
        }
    }

    // MARK: Sessions

    private func session(_ request: Request, _ context: HeddleRequestContext) throws(HeddleError) -> MCPSession {
        guard let name = request.headers[.mcpSessionID] else {
            throw HeddleError(.methodNotAllowed, "only legacy sessions have this method", details: ["allow": "POST"])
        }
        guard let session = gateway.sessions.use(name), session.scope == (try scope(context)) else {
            throw HeddleError(.routeNotFound, "there is no such session")
        }
        return session
    }

    @Sendable private func listen(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let session = try session(request, context)
        guard Accept(request.headers).takesEvents else { throw Self.notAcceptable }
        guard let event = request.headers[.lastEventID] else {
            return session.general.response(after: session.general.position)
        }
        guard let (stream, number) = session.stream(ofEvent: event) else {
            throw HeddleError(.routeNotFound, "there is no stream with this event")
        }
        return stream.response(after: number)
    }

    @Sendable private func endSession(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let session = try session(request, context)
        _ = gateway.sessions.end(session.id)
        services.extensions.endSession(session.id, of: context.caller(.mcp))
        return Response(status: .noContent)
    }

    private static let notAcceptable = HeddleError(
        .unsupportedMediaType,
        "'Accept' lists application/json and text/event-stream"
    )

    /// What forms of an answer a client takes.
    struct Accept {
        let takesJSON: Bool
        let takesEvents: Bool

        init(_ headers: HTTPFields) {
            let text = headers[.accept]?.lowercased() ?? ""
            takesJSON = text.contains("application/json") || text.contains("*/*")
            takesEvents = text.contains("text/event-stream")
        }
    }
}

extension HTTPField.Name {
    static let mcpSessionID = HTTPField.Name("Mcp-Session-Id") ?? .cookie
    static let mcpProtocolVersion = HTTPField.Name("MCP-Protocol-Version") ?? .cookie
    static let mcpMethod = HTTPField.Name("Mcp-Method") ?? .cookie
    static let mcpName = HTTPField.Name("Mcp-Name") ?? .cookie
    /// How a client came whose messages did not begin as HTTP.
    static let mcpTransport = HTTPField.Name("Mcp-Heddle-Transport") ?? .cookie
    static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .cookie
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .cookie
}
