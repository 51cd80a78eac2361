import HTTPTypes
import HeddleExtensions
import HeddleMCP
import HeddleModel
import Hummingbird
import JSON
import NIOCore

/// `/mcp`: the tools of all active extensions over Streamable HTTP, for clients of both eras.
///
/// Modern requests (2026-07-28) stand alone and are checked against their headers; legacy ones begin with `initialize`,
/// after which the session id only serves to find the calls that a cancellation means.
struct MCPEndpoint: Sendable {
    let services: ServerServices
    let sessions = MCPSessions()

    var routes: [Route] {
        [
            Route(
                method: .post,
                path: "/mcp",
                summary: "Model Context Protocol, Streamable HTTP.",
                body: .jsonRPC,
                answer: .jsonRPC,
                handler: post
            ),
            Route(method: .delete, path: "/mcp", summary: "End a legacy session.", status: 204, handler: endSession),
        ]
    }

    @Sendable private func post(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        let accept = Accept(request.headers)
        guard accept.takesJSON else { throw Self.notAcceptable }
        let bytes = try await request.bytes(limit: services.bodyLimit)
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(bytes)
        } catch {
            return MCPAnswer.failure(id: nil, .parseError, "the body is not acceptable JSON: \(error)").response
        }
        guard let message = MCPMessage(document.root) else {
            return MCPAnswer.failure(id: nil, .invalidRequest, "the body is not one JSON-RPC 2.0 message").response
        }
        switch message {
        case .request(let id, let method, let params):
            switch exchange(id, method, params, request.headers, context.requestID).step() {
            case .answer(let answer): return answer.response
            case .call(let call): return await respond(call, acceptsEvents: accept.takesEvents, context.channel)
            }
        case .notification(let method, let params):
            if method == "notifications/cancelled", let id = params?["requestId"] {
                sessions.cancel(request.headers[.mcpSessionID], requestID: id.bytes)
            }
            return Response(status: .accepted)
        case .result, .failure:
            return Response(status: .accepted)
        }
    }

    private func exchange(
        _ id: JSONView,
        _ method: String,
        _ params: JSONView?,
        _ headers: HTTPFields,
        _ requestID: HeddleModel.RequestID
    ) -> MCPExchange {
        MCPExchange(endpoint: self, id: id, method: method, params: params, headers: headers, requestID: requestID)
    }

    private func respond(_ call: MCPToolCall, acceptsEvents: Bool, _ channel: any Channel) async -> Response {
        guard acceptsEvents, call.progressToken != nil else {
            return .json(bytes: await call.run(on: channel, progress: nil))
        }
        return MCPEventStream.response { send in await call.run(on: channel, progress: send) }
    }

    /// The step of a request that asks for a tool and is answered with one message; nil for everything else.
    ///
    /// This is what is worth the short way through the server.
    func plainCall(_ bytes: [UInt8], _ headers: HTTPFields, _ requestID: HeddleModel.RequestID) -> MCPExchange.Step? {
        let accept = Accept(headers)
        guard accept.takesJSON, let document = try? JSONDocument(bytes),
            case .request(let id, let method, let params) = MCPMessage(document.root), method == "tools/call",
            !accept.takesEvents || params?["_meta"]?["progressToken"] == nil
        else { return nil }
        return exchange(id, method, params, headers, requestID).step()
    }

    @Sendable private func endSession(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        guard let session = request.headers[.mcpSessionID], sessions.end(session) else {
            throw HeddleError(.routeNotFound, "there is no such session")
        }
        services.extensions.endSession(session, of: context.caller(.mcp))
        return Response(status: .noContent)
    }

    private static let notAcceptable = HeddleError(
        .unsupportedMediaType,
        "'Accept' lists application/json and text/event-stream"
    )

    /// What forms of an answer a client takes.
    private struct Accept {
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
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .cookie
}
