import HeddleClient
import JSON
import Testing

@Suite("The bridge for desktop clients")
struct BridgeTests {
    private func message(_ text: String) throws -> MCPMessage {
        try #require(try MCPMessage(Array(text.utf8)))
    }

    private static let modern =
        #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}"#

    @Test("tells requests, notifications and responses apart")
    func kinds() throws {
        #expect(try message(#"{"id":1,"method":"ping"}"#).kind == .request(id: "1"))
        #expect(try message(#"{"id":"a\"b","method":"ping"}"#).kind == .request(id: #""a\"b""#))
        #expect(try message(#"{"method":"notifications/initialized"}"#).kind == .notification)
        #expect(try message(#"{"id":1,"result":{}}"#).kind == .response)
        #expect(try MCPMessage(Array("[]".utf8)) == nil)
        #expect(throws: JSONError.self) { try MCPMessage(Array("{".utf8)) }
        let cancelled = try message(#"{"method":"notifications/cancelled","params":{"requestId":"7"}}"#)
        #expect(cancelled.cancelledID == #""7""#)
    }

    @Test("gives a modern message the headers that mirror it")
    func modern() throws {
        var session = MCPSession()
        let call = try message(#"{"id":1,"method":"tools/call","params":{"name":"a__b",\#(Self.modern)}}"#)
        session.note(sending: call)
        let version = MCPSession.Header("MCP-Protocol-Version", "2026-07-28")
        let transport = MCPSession.Header("Mcp-Heddle-Transport", "stdio")
        #expect(
            session.headers(for: call) == [
                version, transport, MCPSession.Header("Mcp-Method", "tools/call"),
                MCPSession.Header("Mcp-Name", "a__b"),
            ]
        )
        let list = try message(#"{"id":2,"method":"tools/list","params":{\#(Self.modern)}}"#)
        #expect(session.headers(for: list) == [version, transport, MCPSession.Header("Mcp-Method", "tools/list")])
        let task = try message(#"{"id":3,"method":"tasks/get","params":{"taskId":"t1",\#(Self.modern)}}"#)
        #expect(session.headers(for: task).last == MCPSession.Header("Mcp-Name", "t1"))
        let cancel = try message(#"{"method":"notifications/cancelled","params":{"requestId":1}}"#)
        #expect(session.headers(for: cancel).first == version)
    }

    @Test("gives a legacy message its session and version once they are known")
    func legacy() throws {
        var session = MCPSession()
        let greeting = try message(#"{"id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#)
        session.note(sending: greeting)
        #expect(session.headers(for: greeting).isEmpty)
        let answer = try JSONDocument(#"{"id":0,"result":{"protocolVersion":"2025-06-18"}}"#)
        session.note(greeted: answer.root, sessionID: "abc")
        let list = try message(#"{"id":1,"method":"tools/list"}"#)
        let headers = [
            MCPSession.Header("Mcp-Session-Id", "abc"), MCPSession.Header("MCP-Protocol-Version", "2025-06-18"),
        ]
        #expect(session.headers(for: list) == headers)
        session.note(sending: greeting)
        #expect(session.headers(for: list).isEmpty)
    }

    @Test(
        "wraps what cannot stand in a header",
        arguments: [
            ("plain name", "plain name"), ("gét", "=?base64?Z8OpdA==?="), ("a\r\nb", "=?base64?YQ0KYg==?="),
            (" x", "=?base64?IHg=?="), ("=?base64?x", "=?base64?PT9iYXNlNjQ/eA==?="), ("", ""),
        ]
    )
    func headerText(text: String, expected: String) {
        #expect(HeaderText.encode(text) == expected)
    }

    @Test("reads events however the bytes are cut", arguments: 1...12)
    func events(size: Int) {
        let text = ": hi\r\nid: 4\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nevent: x\ndata:y\n\ndata\n\n\r\rdata: z\r\r"
        var parser = ServerSentEventParser()
        let bytes = Array(text.utf8)
        var events: [ServerSentEventParser.Event] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += parser.append(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(events.map { String(decoding: $0.data, as: UTF8.self) } == ["{\"a\":\n1}", "y", "z"])
        #expect(events.map(\.type) == ["message", "x", "message"])
        #expect(events.first?.id == "4")
    }

    @Test("drops an event past the limit and reads on")
    func eventLimit() {
        var parser = ServerSentEventParser(limit: 8)
        let events = parser.append(Array("data: 123456789\n\ndata: 1\n\n".utf8))
        #expect(events.map(\.data) == [Array("1".utf8)])
    }

    @Test("cuts lines, leaves out empty ones and drops those past the limit")
    func lines() {
        var framer = LineFramer(limit: 5)
        #expect(framer.append(Array("ab".utf8)).isEmpty)
        #expect(
            framer.append(Array("c\r\n\n  \nd\ntoo long".utf8)) == [.line(Array("abc".utf8)), .line(Array("d".utf8))]
        )
        #expect(framer.append(Array(" still\ne".utf8)) == [.tooLong])
        #expect(framer.finish() == .line(Array("e".utf8)))
        #expect(framer.finish() == nil)
    }

    @Test("runs, queues and refuses requests by their number")
    func queue() throws {
        var queue = BridgeQueue(maximumRunning: 1, maximumWaiting: 2)
        func request(_ id: Int) throws -> MCPMessage { try message(#"{"id":\#(id),"method":"x"}"#) }
        #expect(queue.admit(try request(1), id: "1") == .start)
        #expect(queue.admit(try request(1), id: "1") == .duplicate)
        #expect(queue.admit(try request(2), id: "2") == .wait)
        #expect(queue.admit(try request(3), id: "3") == .wait)
        #expect(queue.admit(try request(4), id: "4") == .refuse)
        #expect(queue.cancel("2") == .dropped)
        #expect(queue.cancel("1") == .running)
        #expect(queue.cancel("9") == .unknown)
        #expect(queue.next(after: "1")?.requestID == "3")
        #expect(queue.next(after: "3") == nil)
        #expect(queue.isIdle)
    }

    @Test("tells an error with the request's own id")
    func failure() {
        let line = MCPMessage.failure(id: #""a""#, code: -32_603, "why", data: ["code": "X"])
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"{"jsonrpc":"2.0","id":"a","error":{"code":-32603,"message":"why","data":{"code":"X"}}}"#
        )
    }
}
