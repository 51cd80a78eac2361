import HeddleMCP
import JSON
import Testing

@Suite("A JSON-RPC message")
struct MCPMessageTests {
    private func message(_ text: String) throws -> MCPMessage? { MCPMessage(try JSONDocument(text).root) }

    @Test("is told apart by its members")
    func kinds() throws {
        guard case .request(let id, "ping", nil) = try message(#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#) else {
            Issue.record("no request")
            return
        }
        #expect(id.string == "a")
        guard case .notification("n", let params) = try message(#"{"jsonrpc":"2.0","method":"n","params":{"x":1}}"#)
        else {
            Issue.record("no notification")
            return
        }
        #expect(params?["x"]?.integer == 1)
        guard case .result(let number, _) = try message(#"{"jsonrpc":"2.0","id":7,"result":{}}"#) else {
            Issue.record("no result")
            return
        }
        #expect(number.integer == 7)
        guard
            case .failure(_, let failure) = try message(
                #"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"no"}}"#
            )
        else {
            Issue.record("no failure")
            return
        }
        #expect(failure.code == -32601)
    }

    @Test(
        "is refused when its members do not go together",
        arguments: [
            "[]", "{}", #"{"jsonrpc":"1.0","id":1,"method":"m"}"#, #"{"jsonrpc":"2.0","id":null,"method":"m"}"#,
            #"{"jsonrpc":"2.0","id":[],"method":"m"}"#, #"{"jsonrpc":"2.0","id":1,"method":2}"#,
            #"{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}"#, #"{"jsonrpc":"2.0","id":1,"result":3}"#,
            #"{"jsonrpc":"2.0","result":{}}"#, #"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1}}"#,
            #"{"jsonrpc":"2.0","id":1,"error":{"message":"no code"}}"#,
        ]
    )
    func refusals(_ text: String) throws {
        #expect(try message(text) == nil)
    }
}
