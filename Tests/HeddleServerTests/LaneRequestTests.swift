import HTTPTypes
import Testing

@testable import HeddleServer

@Suite("The lane for calls")
struct LaneRequestTests {
    private func target(
        _ path: String,
        method: HTTPRequest.Method = .post,
        fields: HTTPFields = [.contentLength: "2", .contentType: "application/json"]
    ) -> LaneRequest? {
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: "localhost",
            path: path,
            headerFields: fields
        )
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
        #expect(target("/mcp") == .mcp)
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
        #expect(target(path, method: .get) == nil)
        #expect(target(path, fields: [:]) == nil)
        for length in ["101", "-1", "2, 2", "x", ""] { #expect(target(path, fields: [.contentLength: length]) == nil) }
        #expect(target(path, fields: [.contentLength: "100"]) != nil)
        for value in ["keep-alive", "Keep-Alive"] {
            #expect(target(path, fields: [.contentLength: "2", .connection: value]) != nil)
        }
        for (name, value) in [
            (HTTPField.Name.connection, "keep-alive, Upgrade"),
            (HTTPField.Name.expect, "100-continue"), (.connection, "close"), (.transferEncoding, "chunked"),
            (.idempotencyKey, "k"),
        ] {
            #expect(target(path, fields: [.contentLength: "2", name: value]) == nil)
        }
    }

    @Test("leaves heads to the router that say something twice")
    func twice() {
        var fields: HTTPFields = [.contentLength: "2"]
        for (name, value) in [
            (HTTPField.Name.contentLength, "2"), (.authorization, "Bearer a"), (.origin, "http://a"),
        ] {
            fields = [.contentLength: "2", .authorization: "Bearer a", .origin: "http://a"]
            #expect(target("/mcp", fields: fields) == .mcp)
            fields.append(HTTPField(name: name, value: value))
            #expect(target("/mcp", fields: fields) == nil)
        }
    }
}
