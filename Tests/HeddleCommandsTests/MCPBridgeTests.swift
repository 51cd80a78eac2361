import HeddleClient
import NIOHTTP1
import Synchronization
import Testing

@Suite("The bridge at a server")
struct MCPBridgeTests {
    /// Runs the lines of a client through a bridge and gives what it was answered.
    private func run(
        _ lines: [String],
        at address: String,
        revival: @escaping MCPBridge.Revival = { false }
    ) async throws -> [String] {
        let input = Mutex(lines)
        let output = Mutex<[String]>([])
        let bridge = MCPBridge(server: try ServerAddress(address), token: "t", revival: revival) { line in
            output.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            return true
        }
        await bridge.run {
            input.withLock { $0.isEmpty ? nil : Array(($0.removeFirst() + "\n").utf8) }
        }
        return output.withLock { $0 }
    }

    @Test("carries a session from initialize on and passes events through")
    func session() async throws {
        let seen = Mutex<[String]>([])
        let answer: TinyServer.Responder = { head, body in
            let session = head.headers.first(name: "mcp-session-id") ?? "-"
            seen.withLock { $0.append("\(head.method) \(session)") }
            guard head.method == .POST else { return .init(status: .methodNotAllowed, body: "") }
            if body.contains("initialize\"") {
                return .init(
                    headers: ["mcp-session-id": "s1", "content-type": "application/json"],
                    body: #"{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25"}}"#
                )
            }
            return .init(
                headers: ["content-type": "text/event-stream"],
                body: ": hi\n\ndata: {\"method\":\"n\"}\n\ndata: {\"id\":1,\ndata: \"result\":{}}\n\n"
            )
        }
        try await TinyServer(answer)
            .run { server in
                let lines = [#"{"id":0,"method":"initialize"}"#, #"{"id":1,"method":"tools/list"}"#]
                let output = try await run(lines, at: server.address)
                #expect(output.count == 3)
                #expect(output.dropFirst() == [#"{"method":"n"}"#, #"{"id":1,"result":{}}"#])
            }
        #expect(seen.withLock { Set($0) } == ["POST -", "GET s1", "POST s1", "DELETE s1"])
    }

    @Test("sends no request again that may have arrived", arguments: [false, true])
    func oncePerRequest(resets: Bool) async throws {
        let seen = Mutex(0)
        let answer: TinyServer.Responder = { _, _ in
            let count = seen.withLock { count in
                count += 1
                return count
            }
            return .init(body: #"{"jsonrpc":"2.0","id":1,"result":{}}"#, resets: resets && count == 1)
        }
        try await TinyServer(answer)
            .run { server in
                let output = try await run([#"{"id":1,"method":"tools/call"}"#], at: server.address, revival: { true })
                #expect(seen.withLock { $0 } == 1)
                #expect(output.count == 1)
                #expect(output.first?.contains("SERVER_UNREACHABLE") == resets, "\(output)")
            }
    }

    @Test("answers for a server that cannot")
    func failures() async throws {
        let unreachable = try await run([#"{"id":1,"method":"x"}"#, #"{"method":"n"}"#], at: "http://127.0.0.1:1")
        #expect(unreachable.count == 1)
        #expect(unreachable.first?.contains(#""id":1,"error":{"code":-32603"#) == true)
        #expect(unreachable.first?.contains("SERVER_UNREACHABLE") == true)
        let answer: TinyServer.Responder = { _, body in
            body.contains("page")
                ? .init(body: "<html>")
                : .init(
                    status: .badRequest,
                    body: #"{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"m"}}"#
                )
        }
        try await TinyServer(answer)
            .run { server in
                let output = try await run([#"{"id":1,"method":"x"}"#], at: server.address)
                #expect(output == [#"{"jsonrpc":"2.0","id":1,"error":{"code":-32020,"message":"m"}}"#])
                let page = try await run([#"{"id":2,"method":"page"}"#, "[]", "{"], at: server.address)
                #expect(page.count == 3)
                #expect(page.contains { $0.contains(#""id":2"#) && $0.contains("INTERNAL_ERROR") })
                #expect(page.contains { $0.contains("-32600") })
                #expect(page.contains { $0.contains("-32700") })
            }
    }
}
