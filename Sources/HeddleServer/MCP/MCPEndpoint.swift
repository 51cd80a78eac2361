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
        let accept = request.headers[.accept]?.lowercased() ?? ""
        guard accept.contains("application/json") || accept.contains("*/*") else {
            throw HeddleError(.unsupportedMediaType, "'Accept' lists application/json and text/event-stream")
        }
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
            let exchange = MCPExchange(
                endpoint: self,
                id: id,
                method: method,
                params: params,
                request: request,
                context: context
            )
            return try await exchange.respond(acceptsEvents: accept.contains("text/event-stream"))
        case .notification(let method, let params):
            if method == "notifications/cancelled", let id = params?["requestId"] {
                sessions.cancel(Self.session(request), requestID: id.bytes)
            }
            return Response(status: .accepted)
        case .result, .failure:
            return Response(status: .accepted)
        }
    }

    @Sendable private func endSession(_ request: Request, _ context: HeddleRequestContext) async throws -> Response {
        guard let session = Self.session(request), sessions.end(session) else {
            throw HeddleError(.routeNotFound, "there is no such session")
        }
        return Response(status: .noContent)
    }

    static func session(_ request: Request) -> String? { request.headers[.mcpSessionID] }
}

extension HTTPField.Name {
    static let mcpSessionID = HTTPField.Name("Mcp-Session-Id") ?? .cookie
    static let mcpProtocolVersion = HTTPField.Name("MCP-Protocol-Version") ?? .cookie
    static let mcpMethod = HTTPField.Name("Mcp-Method") ?? .cookie
    static let mcpName = HTTPField.Name("Mcp-Name") ?? .cookie
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .cookie
}
