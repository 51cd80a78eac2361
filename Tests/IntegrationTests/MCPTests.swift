import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The MCP endpoint", .serialized)
    struct MCPTests {
        private static let modern = "2026-07-28"
        private static let meta =
            #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
            + #""io.modelcontextprotocol/clientCapabilities":{}}"#

        /// A request of the modern revision; an empty header is left away.
        private func modern(
            _ server: ServerFixture,
            _ method: String,
            _ params: String = "",
            meta: String = Self.meta,
            headers: [String: String] = [:]
        ) throws -> HTTPAnswer {
            let all = [params, meta].filter { !$0.isEmpty }.joined(separator: ",")
            var standard = ["Mcp-Method": method, "MCP-Protocol-Version": Self.modern]
            if method == "tools/call" { standard["Mcp-Name"] = "echo__echo" }
            return try server.mcp(
                #"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":{\#(all)}}"#,
                headers: standard.merging(headers) { $1 }
            )
        }

        @Test("a modern client discovers, lists and calls without a greeting")
        func modernRequests() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let found = try modern(server, "server/discover")
                #expect(found.status == 200, "\(found.json.text)")
                let versions = found.json["result"]?["supportedVersions"]?.array?.compactMap(\.string) ?? []
                #expect(versions.contains(Self.modern) && versions.contains("2025-11-25"))
                let list = try modern(server, "tools/list")
                #expect(list.json["result"]?["tools"]?.array?.compactMap { $0["name"]?.string } == ["echo__echo"])
                #expect(list.json["result"]?["resultType"]?.string == "complete")
                let params = #""name":"echo__echo","arguments":{"text":"hi"}"#
                let called = try modern(server, "tools/call", params)
                #expect(called.toolText == "hi", "\(called.json.text)")
                #expect(called.json["result"]?["resultType"]?.string == "complete")
                #expect(called.headers["mcp-session-id"] == nil)
            }
        }

        @Test("a modern request that does not hang together is refused by number")
        func modernRefusals() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let call = #""name":"echo__echo","arguments":{"text":"hi"}"#
                func check(_ answer: HTTPAnswer, _ status: Int, _ code: Int, line: Int = #line) {
                    #expect(answer.status == status, "line \(line): \(answer.json.text)")
                    #expect(answer.json["error"]?["code"]?.integer == code, "line \(line): \(answer.json.text)")
                    #expect(answer.json["jsonrpc"]?.string == "2.0")
                }
                for headers in [
                    ["Mcp-Method": ""], ["Mcp-Method": "tools/list"], ["Mcp-Name": ""], ["Mcp-Name": "other"],
                    ["MCP-Protocol-Version": ""], ["MCP-Protocol-Version": "2025-11-25"],
                ] {
                    check(try modern(server, "tools/call", call, headers: headers), 400, -32020)
                }
                let future = Self.meta.replacing(Self.modern, with: "2099-01-01")
                let unsupported = try modern(
                    server,
                    "tools/list",
                    meta: future,
                    headers: ["MCP-Protocol-Version": "2099-01-01"]
                )
                check(unsupported, 400, -32022)
                let supported = unsupported.json["error"]?["data"]?["supported"]?.array?.compactMap(\.string)
                #expect(supported?.contains(Self.modern) == true)
                check(try modern(server, "tools/list", meta: ""), 400, -32602)
                check(try modern(server, "nothing/here"), 404, -32601)
                check(
                    try modern(
                        server,
                        "tools/call",
                        #""name":"no__no","arguments":{}"#,
                        headers: ["Mcp-Name": "no__no"]
                    ),
                    200,
                    -32602
                )
                check(try modern(server, "tools/call", #""name":"echo__echo","arguments":[]"#), 200, -32602)
                check(try server.mcp("{"), 400, -32700)
                check(try server.mcp(#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#), 400, -32700)
                check(try server.mcp(#"{"id":1,"method":"ping"}"#), 400, -32600)
                check(try server.mcp("[]"), 400, -32600)
                #expect(try server.mcp("{}", headers: ["Accept": "text/html"]).status == 415)
                #expect(try server.mcp("{}", headers: ["Authorization": ""]).status == 401)
                #expect(try server.mcp("{}", headers: ["Origin": "http://evil.example"]).status == 403)
            }
        }

        @Test(
            "a legacy client greets, gets a session, and ends it",
            arguments: ["2024-11-05", "2025-11-25", "1999-01-01"]
        )
        func legacy(version: String) async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let greeting = try server.mcp(
                    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"\#(version)","#
                        + #""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#
                )
                #expect(greeting.status == 200)
                let expected = version == "1999-01-01" ? "2025-11-25" : version
                #expect(greeting.json["result"]?["protocolVersion"]?.string == expected)
                let session = ["Mcp-Session-Id": try #require(greeting.headers["mcp-session-id"])]
                let ready = try server.mcp(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, headers: session)
                #expect(ready.status == 202 && ready.body.isEmpty)
                let list = try server.mcp(#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}"#, headers: session)
                #expect(list.json["id"]?.string == "a")
                #expect(list.json["result"]?["tools"]?.array?.count == 1)
                let call =
                    #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo__echo","arguments":{"text":"x"}}}"#
                #expect(try server.mcp(call, headers: session).toolText == "x")
                let unknown = session.merging(["MCP-Protocol-Version": "2024-13-01"]) { $1 }
                let refused = try server.mcp(call, headers: unknown)
                #expect(refused.status == 400 && refused.json["error"]?["code"]?.integer == -32022)
                #expect(try server.request("DELETE", "/mcp", headers: session).status == 204)
                #expect(try server.request("DELETE", "/mcp", headers: session).status == 404)
                #expect(try server.mcp(call, headers: session).status == 404)
            }
        }

        @Test("a failing extension is an error of its call")
        func failing() async throws {
            try await ServerFixture.with { server in
                let added = try server.registerBad()
                #expect(added.status == 201, "\(added.json.text)")
                let call =
                    #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"bad__crash","arguments":{}}}"#
                let answer = try server.mcp(call)
                #expect(answer.json["error"]?["code"]?.integer == -32603)
                #expect(answer.json["error"]?["data"]?["code"]?.string == "EXTENSION_CRASHED", "\(answer.json.text)")
            }
        }

        @Test(
            "the official client lists and calls in both eras",
            .enabled(
                if: TestEnvironment.clientPython != nil || TestEnvironment.isCI,
                "skipped: no Python with the official MCP client"
            ),
            arguments: ["auto", "legacy"]
        )
        func official(mode: String) async throws {
            let python = try #require(TestEnvironment.clientPython, "HEDDLE_TEST_PYTHON names no interpreter")
            try await ServerFixture.with { server in
                try server.registerEcho()
                let script = TestEnvironment.checkout + "/Tests/Fixtures/mcp_client.py"
                let child = try ChildProcess(
                    [python, script, server.url + "/mcp", server.token, mode, "echo__echo", #"{"text":"hello"}"#],
                    output: server.scratch.path + "/client.out",
                    error: server.scratch.path + "/client.err"
                )
                let status = child.wait(seconds: 60)
                #expect(status == 0, "\(readText(server.scratch.path + "/client.err").suffix(2000))")
                let said = try JSONValue(parsing: Array(child.text.utf8))
                #expect(said["tools"]?.array == ["echo__echo"])
                #expect(said["text"]?.string == "hello")
                #expect(said["is_error"]?.bool == false)
                #expect(said["version"]?.string == (mode == "auto" ? Self.modern : "2025-11-25"))
            }
        }

        @Test("the bridge speaks it over standard input and output")
        func bridge() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let child = try ChildProcess(
                    [ServerFixture.program, "mcp", "--server", server.url, "--data-dir", server.data],
                    output: server.scratch.path + "/bridge.out",
                    error: server.scratch.path + "/bridge.err",
                    takesInput: true
                )
                func answer(_ line: String, count: Int) throws -> JSONValue {
                    child.type(line)
                    let isThere = eventually(seconds: 10) { child.text.split(separator: "\n").count >= count }
                    #expect(isThere, "\(readText(server.scratch.path + "/bridge.err"))")
                    let last = child.text.split(separator: "\n").last ?? "null"
                    return try JSONValue(parsing: Array(last.utf8))
                }
                let greeting = try answer(
                    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","#
                        + #""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#,
                    count: 1
                )
                #expect(greeting["result"]?["protocolVersion"]?.string == "2025-11-25")
                child.type(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
                let list = try answer(#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#, count: 2)
                #expect(list["result"]?["tools"]?.array?.first?["name"]?.string == "echo__echo", "\(list.text)")
                let call =
                    #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo__echo","arguments":{"text":"é"}}}"#
                let result = try answer(call, count: 3)
                #expect(result["id"]?.integer == 3)
                #expect(result["result"]?["content"]?.array?.first?["text"]?.string == "é")
                let wrong = try answer("this is not JSON", count: 4)
                #expect(wrong["error"]?["code"]?.integer == -32700, "\(wrong.text)")
                child.closeInput()
                #expect(child.wait(seconds: 5) == 0)
            }
        }
    }
}

extension ServerFixture {
    /// Posts a message to the MCP endpoint.
    ///
    /// - Throws: when there is no answer.
    func mcp(_ message: String, headers: [String: String] = [:]) throws -> HTTPAnswer {
        let accept = ["Accept": "application/json, text/event-stream"]
        return try request("POST", "/mcp", body: message, headers: accept.merging(headers) { $1 })
    }
}
