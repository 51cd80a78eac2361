import Glibc
import JSON
import Testing

extension WholeServer {
    @Suite("Tools that misbehave", .serialized)
    struct MisbehavingCallTests {
        struct Bad: Sendable, CustomTestStringConvertible {
            let tool: String
            var parameters: JSONValue = [:]
            var milliseconds = 20_000
            let status: Int
            var code: String?
            /// What it says when it works.
            var text: String?
            var testDescription: String { tool + parameters.text }
        }

        static let badTools: [Bad] = [
            Bad(tool: "hang", milliseconds: 300, status: 504, code: "DEADLINE_EXCEEDED"),
            Bad(tool: "sleep", parameters: ["seconds": 30], milliseconds: 300, status: 504, code: "DEADLINE_EXCEEDED"),
            Bad(
                tool: "half_json",
                parameters: ["stay": true],
                milliseconds: 300,
                status: 504,
                code: "DEADLINE_EXCEEDED"
            ),
            Bad(tool: "wrong_id", milliseconds: 300, status: 504, code: "DEADLINE_EXCEEDED"),
            Bad(tool: "wrong_id", parameters: ["answer": true], status: 200, text: "for you"),
            Bad(tool: "wrong_id", parameters: ["id": "1", "answer": true], status: 200, text: "for you"),
            Bad(tool: "twice", status: 200, text: "first"),
            Bad(tool: "garbage", parameters: ["lines": 1000], status: 200, text: "after the garbage"),
            Bad(tool: "flood_stderr", status: 200, text: "flooded"),
            Bad(tool: "fail", status: 200, text: "it failed"),
            Bad(tool: "log", parameters: ["count": 1000], status: 200, text: "logged"),
            Bad(tool: "crash", status: 502, code: "EXTENSION_CRASHED"),
            Bad(tool: "crash", parameters: ["status": 0], status: 502, code: "EXTENSION_CRASHED"),
            Bad(tool: "half_json", status: 502, code: "EXTENSION_CRASHED"),
            Bad(tool: "malformed", status: 502, code: "EXTENSION_PROTOCOL"),
            Bad(tool: "invalid_utf8", status: 502, code: "EXTENSION_PROTOCOL"),
            Bad(tool: "duplicate_members", status: 502, code: "EXTENSION_PROTOCOL"),
            Bad(tool: "no_result", milliseconds: 2000, status: 502, code: "EXTENSION_PROTOCOL"),
            Bad(tool: "not_a_result", milliseconds: 2000, status: 502, code: "EXTENSION_PROTOCOL"),
            Bad(tool: "deep", status: 502, code: "EXTENSION_PROTOCOL"),
            Bad(tool: "huge", status: 502, code: "EXTENSION_PROTOCOL"),
            Bad(tool: "flood_stdout", status: 502, code: "EXTENSION_PROTOCOL"),
        ]

        @Test("a bad answer has a named error and spoils no other call", arguments: badTools)
        func badAnswer(_ bad: Bad) async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad(resources: ["memory_mb": 1024]).status == 201)
                #expect(try server.echoWorks("bad"))
                let body: JSONValue = [
                    "parameters": bad.parameters, "options": ["timeout_ms": .integer(bad.milliseconds)],
                ]
                let connection = try HTTPConnection(port: server.port)
                let path = ServerFixture.invocation("bad", bad.tool)
                connection.send(server.bytes("POST", path, body: body.bytes))
                for _ in 0..<5 { #expect(try server.echoWorks()) }
                let answer = try connection.answer()
                #expect(answer.status == bad.status, "\(answer.json.text.prefix(500))")
                #expect(answer.code == bad.code, "\(answer.json.text.prefix(500))")
                #expect(answer.toolText == bad.text)
                #expect(try server.request("GET", "/healthz").status == 200)
                for _ in 0..<3 {
                    let next = try server.call("bad", "echo", ["text": "next"])
                    #expect(next.toolText == "next", "\(next.json.text.prefix(500))")
                }
                #expect(try server.echoWorks())
            }
        }

        @Test("a tool's own failure and a protocol error are told apart")
        func failures() async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad().status == 201)
                let failed = try server.call("bad", "fail")
                #expect(failed.json["execution_status"]?.string == "failed")
                #expect(failed.json["result"]?["isError"]?.bool == true)
                let refused = try server.call("bad", "refuse", ["code": -32001, "message": "not today"])
                #expect(refused.status == 200 && refused.json["execution_status"]?.string == "failed")
                #expect(refused.code == "EXTENSION_REFUSED")
                #expect(refused.json["error"]?["message"]?.string == "not today")
                #expect(refused.json["error"]?["details"]?["mcp_code"]?.integer == -32001)
            }
        }

        @Test("one slow call does not delay another of the same extension")
        func concurrent() async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad().status == 201)
                #expect(try server.echoWorks("bad"))
                let slow = try HTTPConnection(port: server.port)
                let body = Array(#"{"parameters":{"seconds":2}}"#.utf8)
                slow.send(server.bytes("POST", ServerFixture.invocation("bad", "sleep"), body: body))
                let inFlight = { try server.request("GET", "/api/v1/status").json["calls"]?["in_flight"]?.integer }
                #expect(try eventually { try inFlight() == 1 })
                #expect(try server.echoWorks("bad"))
                #expect(try inFlight() == 1, "the slow one is not waited for")
                #expect(try slow.answer().toolText == "slept")
            }
        }

        @Test("one that ignores every polite request is stopped all the same")
        func stubborn() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad(["--mode", "stubborn"]).status == 201)
                #expect(eventually { server.children.isEmpty })
                #expect(try server.echoWorks("bad"))
                let children = server.children
                #expect(children.contains { ProcessTable.arguments(of: $0.processID).first == "sleep" })
                #expect(try server.request("POST", "/api/v1/extensions/bad/deactivate").status == 200)
                #expect(eventually(seconds: 1) { children.areGone })
                #expect(try server.echoWorks())
            }
        }

        @Test("a fork bomb stays in its extension")
        func forkBomb() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad().status == 201)
                let connection = try HTTPConnection(port: server.port)
                let body = Array(#"{"parameters":{},"options":{"timeout_ms":10000}}"#.utf8)
                connection.send(server.bytes("POST", ServerFixture.invocation("bad", "fork_bomb"), body: body))
                for _ in 0..<10 {
                    #expect(try server.request("GET", "/healthz").status == 200)
                    #expect(try server.echoWorks())
                }
                let answer = try connection.answer()
                #expect(answer.structured?["error"]?.string == "EAGAIN", "\(answer.json.text)")
                #expect(answer.structured?["forked"]?.integer ?? 10_000 < 64)
                let children = server.children
                #expect(children.count < 100)
                #expect(try server.request("DELETE", "/api/v1/extensions/bad").status == 204)
                let bombs = children.filter { ProcessTable.arguments(of: $0.processID).contains(server.misbehave) }
                #expect(eventually(seconds: 2) { bombs.areGone })
                #expect(try server.echoWorks())
            }
        }

        @Test("one that eats all memory eats only its own")
        func memoryHog() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad(resources: ["memory_mb": 128]).status == 201)
                #expect(try server.echoWorks())
                let connection = try HTTPConnection(port: server.port)
                let body = Array(#"{"parameters":{},"options":{"timeout_ms":5000}}"#.utf8)
                connection.send(server.bytes("POST", ServerFixture.invocation("bad", "eat_memory"), body: body))
                for _ in 0..<10 {
                    #expect(try server.request("GET", "/healthz").status == 200)
                    #expect(try server.echoWorks())
                }
                let answer = try connection.answer()
                // Killed by the kernel, or refused the memory, in which case Python ends the thread of the call.
                #expect([502, 504].contains(answer.status), "\(answer.json.text)")
                if answer.status == 502 {
                    let told = { try server.request("GET", "/api/v1/extensions/bad/logs").json.text }
                    #expect(try eventually { try told().contains("more than 128 MB of memory") })
                }
                #expect(try server.starts(of: "echo") == 1)
                #expect(try server.echoWorks())
                #expect(try server.echoWorks("bad"))
            }
        }
    }

    @Suite("The schemas of tools", .serialized)
    struct ToolSchemaTests {
        @Test("parameters that break theirs reach no extension, and each violation is named")
        func parameters() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                for road in ["", "?by=router"] {
                    let path = ServerFixture.invocation("echo", "echo") + road
                    let wrong = try server.request("POST", path, body: #"{"parameters":{"text":7}}"#)
                    #expect(wrong.status == 400 && wrong.code == "INVALID_PARAMETERS", "\(wrong.json.text)")
                    let violations = wrong.json["error"]?["details"]?["violations"]?.array ?? []
                    #expect(violations.map { $0["path"]?.string } == ["/text"])
                    #expect(violations.first?["message"]?.string == "is a number, not a string")
                    let none = try server.request("POST", path, body: "{}")
                    #expect(none.code == "INVALID_PARAMETERS", "\(none.json.text)")
                }
                #expect(try server.starts(of: "echo") == 0)
                let call =
                    #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"echo__echo","arguments":{"text":[]}}}"#
                let told = try server.mcp(call)
                #expect(told.json["result"]?["isError"]?.bool == true, "\(told.json.text)")
                #expect(told.toolText?.contains("/text is an array, not a string") == true)
                let command = try server.command("cap", "invoke", "echo", "echo", "--param", "text:=7")
                #expect(command.status == 2 && command.error.contains("/text is a number, not a string"))
            }
        }

        @Test("a result that breaks the extension's own promise is not passed on")
        func results() async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad(["--mode", "broken-promise"]).status == 201)
                let broken = try server.call("bad", "echo", ["text": "x"])
                #expect(broken.status == 502 && broken.code == "EXTENSION_PROTOCOL", "\(broken.json.text)")
                #expect(broken.json["error"]?["message"]?.string?.contains("output schema") == true)
                #expect(try server.call("bad", "pid", [:]).status == 200)
            }
        }

        @Test("a schema that is only wrong checks nothing, and the log says so")
        func wrong() async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad(["--mode", "wrong-schema"]).status == 201)
                #expect(server.log.contains("checks nothing"))
                #expect(try server.echoWorks("bad"))
            }
        }
    }

    @Suite("A client that hangs up", .serialized)
    struct HangUpTests {
        @Test("its call is cancelled in the extension, and nobody else's", arguments: ["/invoke", "/invoke?by=router"])
        func cancelled(path: String) async throws {
            try await cancelled(path) { $0.hangUp() }
        }

        @Test("a connection that breaks cancels its call too", arguments: ["/invoke", "/invoke?by=router"])
        func broken(path: String) async throws {
            try await cancelled(path) { $0.reset() }
        }

        private func cancelled(_ path: String, _ leave: (HTTPConnection) -> Void) async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad().status == 201)
                #expect(try server.echoWorks("bad"))
                let body = Array(#"{"parameters":{"seconds":3}}"#.utf8)
                let target = ServerFixture.invocation("bad", "sleep").replacing("/invoke", with: path)
                let request = server.bytes("POST", target, body: body)
                let staying = try HTTPConnection(port: server.port)
                staying.send(request)
                let leaving = try HTTPConnection(port: server.port)
                leaving.send(request)
                let path = "/api/v1/status"
                #expect(
                    try eventually {
                        try server.request("GET", path).json["calls"]?["in_flight"]?.integer == 2
                    }
                )
                #expect(try server.cancelledCalls() == [])
                leave(leaving)
                #expect(try eventually(seconds: 2) { try server.cancelledCalls().count == 1 })
                #expect(try staying.answer().toolText == "slept")
                #expect(try server.cancelledCalls().count == 1)
                #expect(try server.request("GET", path).json["calls"]?["in_flight"]?.integer == 0)
            }
        }

        @Test("a deadline cancels the call in the extension too")
        func deadline() async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad().status == 201)
                // Started before, so that the time is not over while it starts.
                try #require(try server.echoWorks("bad"))
                #expect(try server.call("bad", "hang", milliseconds: 200).status == 504)
                #expect(try eventually(seconds: 2) { try server.cancelledCalls().count == 1 })
            }
        }
    }
}

extension ServerFixture {
    /// The ids of the calls that the extension `bad` was told to give up.
    fileprivate func cancelledCalls() throws -> [JSONValue] {
        try call("bad", "cancelled").structured?["ids"]?.array ?? []
    }
}
