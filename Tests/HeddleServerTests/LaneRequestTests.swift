import HTTPTypes
import NIOHTTP1
import Testing

@testable import HeddleServer

@Suite("The lane for calls")
struct LaneRequestTests {
    private func target(
        _ path: String,
        method: HTTPMethod = .POST,
        version: HTTPVersion = .http1_1,
        fields: HTTPHeaders = ["Content-Length": "2", "content-type": "application/json"]
    ) -> LaneRequest? {
        let head = HTTPRequestHead(version: version, method: method, uri: path, headers: fields)
        return LaneFields(head).flatMap { LaneRequest(head, $0, largestBody: 100) }
    }

    @Test("takes plain calls")
    func plain() {
        let path = "/api/v1/extensions/git/capabilities/git_log/invoke"
        #expect(target(path) == InvocationTarget(path).map(LaneRequest.capability))
        let found = InvocationTarget(path)
        #expect(found?.extensionName == "git" && found?.capability == "git_log")
        let odd = InvocationTarget("/api/v1/extensions/invoke/capabilities/capabilities/invoke")
        #expect(odd?.extensionName == "invoke" && odd?.capability == "capabilities")
        #expect(target("/mcp") == .mcp(.all))
        #expect(target("/mcp/extensions/git") == .mcp(.one("git")))
    }

    @Test(
        "leaves every other path to the router",
        arguments: [
            "/api/v1/extensions/git/capabilities/git_log/invoke?x=1", "/api/v1/extensions/git/capabilities//invoke",
            "/api/v1/extensions//capabilities/x/invoke", "/api/v1/extensions/git/capabilities/a/b/invoke",
            "/api/v1/extensions/git/capabilities/invoke", "/api/v1/extensions/git/capabilities/a%2Fb/invoke",
            "/api/v1/extensions/git/abilities/x/invoke", "/api/v1/extensions/invoke", "/api/v1/extensions/git",
            "/api/v1/extensions/git/capabilities/x/invoke/", "//api/v1/extensions/git/capabilities/x/invoke", "/",
            "/mcp/", "/mcp?x=1",
        ]
    )
    func others(_ path: String) {
        #expect(target(path) == nil)
    }

    @Test("leaves what it does not handle itself to the router")
    func fields() {
        let path = "/api/v1/extensions/git/capabilities/x/invoke"
        #expect(target(path, method: .GET) == nil)
        #expect(target(path, version: .http1_0) == nil)
        #expect(target(path, fields: [:]) == nil)
        for length in ["101", "-1", "2, 2", "x", ""] {
            #expect(target(path, fields: ["content-length": length]) == nil)
        }
        #expect(target(path, fields: ["content-length": "100"]) != nil)
        for value in ["keep-alive", "Keep-Alive"] {
            #expect(target(path, fields: ["content-length": "2", "CONNECTION": value]) != nil)
        }
        for (name, value) in [
            ("Connection", "keep-alive, Upgrade"), ("Expect", "100-continue"), ("connection", "close"),
            ("Transfer-Encoding", "chunked"), ("Idempotency-Key", "k"),
        ] {
            #expect(target(path, fields: ["content-length": "2", name: value]) == nil)
        }
    }

    @Test("leaves heads to the router that say something twice")
    func twice() {
        for (name, value) in [
            ("Content-Length", "2"), ("Authorization", "Bearer a"), ("Origin", "http://a"), ("Host", "localhost"),
        ] {
            var fields: HTTPHeaders = [
                "content-length": "2", "authorization": "Bearer a", "origin": "http://a", "host": "localhost",
            ]
            #expect(target("/mcp", fields: fields) == .mcp(.all))
            fields.add(name: name, value: value)
            #expect(target("/mcp", fields: fields) == nil)
        }
    }

    @Test("finds what the MCP endpoint reads, however it is written")
    func forMCP() {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .POST,
            uri: "/mcp",
            headers: ["ACCEPT": "application/json", "mcp-session-id": "s", "Mcp-Name": "n", "Other": "x"]
        )
        let fields = LaneFields.forMCP(head)
        #expect(fields.count == 3 && fields[.accept] == "application/json")
        #expect(fields[.mcpSessionID] == "s" && fields[.mcpName] == "n")
    }
}
