import HeddleClient
import HeddleModel
import JSON
import NIOHTTP1
import Synchronization
import Testing

@Suite("The client")
struct HeddleClientTests {
    private func failure(of answer: TinyServer.Answer) async throws -> HeddleError {
        var failure: HeddleError?
        try await TinyServer({ _, _ in answer })
            .run { server in
                failure = await #expect(throws: HeddleError.self) {
                    try await HeddleClient.withClient(server: server.address, token: "t") { client in
                        _ = try await client.status()
                    }
                }
            }
        return try #require(failure)
    }

    @Test("turns the wire form into the error it stands for")
    func wire() async throws {
        let body = #"{"error":{"code":"EXTENSION_NOT_FOUND","message":"no x","details":{"n":1},"request_id":"r"}}"#
        let error = try await failure(of: .init(status: .notFound, body: body))
        #expect(error.code == .extensionNotFound)
        #expect(error.message == "no x")
        #expect(error.details == ["n": "1", "request_id": "r"])
    }

    @Test("keeps the message of a code it does not know")
    func unknownCode() async throws {
        let body = #"{"error":{"code":"FROM_THE_FUTURE","message":"something new"}}"#
        let error = try await failure(of: .init(status: .conflict, body: body))
        #expect(error.code == .internalError)
        #expect(error.message == "something new")
        #expect(error.details["code"] == "FROM_THE_FUTURE")
    }

    @Test(
        "goes by the status when the body is not Heddle's",
        arguments: [
            (401, HeddleError.Code.unauthenticated), (403, .permissionDenied), (404, .routeNotFound),
            (429, .tooManyRequests), (502, .internalError), (504, .deadlineExceeded), (302, .internalError),
        ]
    )
    func statuses(status: Int, code: HeddleError.Code) async throws {
        let answer = TinyServer.Answer(status: .init(statusCode: status), body: "<html>")
        #expect(try await failure(of: answer).code == code)
    }

    @Test("does not take a page for an answer")
    func strangers() async throws {
        #expect(try await failure(of: .init(body: "<html>")).code == .internalError)
        #expect(try await failure(of: .init(body: "")).code == .internalError)
    }

    @Test("says how to start a server when none answers")
    func unreachable() async throws {
        let client = try HeddleClient(server: "http://127.0.0.1:1", token: "t")
        let error = await #expect(throws: HeddleError.self) { try await client.status() }
        await client.shutdown()
        #expect(error?.code == .serverUnreachable)
        #expect(error?.message == "no Heddle answers at http://127.0.0.1:1; start one with 'heddle serve'")
    }

    @Test("joins the pages of a list and sends the token")
    func pages() async throws {
        let requests = Mutex<[String]>([])
        let answer: TinyServer.Responder = { head, _ in
            requests.withLock { $0.append("\(head.uri) \(head.headers.first(name: "authorization") ?? "")") }
            let isSecond = head.uri.contains("cursor=a%2Fb")
            let name = isSecond ? "two" : "one"
            let next = isSecond ? "null" : #""a/b""#
            return .init(
                body:
                    #"{"items":[{"name":"\#(name)","state":"active"}],"next_cursor":\#(next),"has_more":\#(!isSecond)}"#
            )
        }
        try await TinyServer(answer)
            .run { server in
                try await HeddleClient.withClient(server: server.address, token: "t") { client in
                    let page = try await client.extensions()
                    #expect(page.items.map(\.name) == ["one", "two"])
                    #expect(!page.hasMore)
                }
            }
        #expect(
            requests.withLock { $0 } == [
                "/api/v1/extensions?limit=100 Bearer t", "/api/v1/extensions?limit=100&cursor=a%2Fb Bearer t",
            ]
        )
    }

    @Test("names a capability in the path and gives the whole result back")
    func invoke() async throws {
        let answer: TinyServer.Responder = { head, body in
            .init(
                body:
                    #"{"execution_id":"e","execution_status":"completed","result":{"uri":"\#(head.uri)","body":\#(body)}}"#
            )
        }
        try await TinyServer(answer)
            .run { server in
                try await HeddleClient.withClient(server: server.address, token: "t") { client in
                    let call = try await client.invoke("a/b", of: "x", parameters: ["n": 1], timeout: .seconds(2))
                    #expect(call.result?["uri"]?.string == "/api/v1/extensions/x/capabilities/a%2Fb/invoke")
                    #expect(call.result?["body"]?.text == #"{"parameters":{"n":1},"options":{"timeout_ms":2000}}"#)
                }
            }
    }
}
