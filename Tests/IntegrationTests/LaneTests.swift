import Glibc
import JSON
import Testing

extension WholeServer {
    @Suite("The lane for calls", .serialized)
    struct LaneTests {
        private func call(
            _ server: ServerFixture,
            _ text: String,
            headers: [String: String] = [:]
        ) -> [UInt8] {
            let body = Array(#"{"parameters":{"text":"\#(text)"}}"#.utf8)
            return server.bytes("POST", ServerFixture.invocation("echo", "echo"), body: body, headers: headers)
        }

        @Test("requests that are sent in one go are answered in their order, whichever road they take")
        func pipelined() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let connection = try HTTPConnection(port: server.port)
                let health = server.bytes("GET", "/healthz", body: nil)
                let wrong = call(server, "no", headers: ["Authorization": "Bearer nonsense"])
                let nowhere = server.bytes("GET", "/api/v1/nowhere", body: nil)
                var bytes: [UInt8] = []
                for number in 0..<50 {
                    bytes += call(server, "first \(number)") + call(server, "second \(number)") + health + wrong
                    bytes += nowhere + nowhere
                }
                // In pieces that end anywhere, so that heads and bodies are cut in two.
                var rest = bytes[...]
                while !rest.isEmpty {
                    connection.send(rest.prefix(997))
                    rest = rest.dropFirst(997)
                }
                for number in 0..<50 {
                    #expect(try connection.answer().toolText == "first \(number)")
                    #expect(try connection.answer().toolText == "second \(number)")
                    #expect(try connection.answer().json["status"]?.string == "ok")
                    #expect(try connection.answer().code == "UNAUTHENTICATED")
                    #expect(try connection.answer().code == "ROUTE_NOT_FOUND")
                    #expect(try connection.answer().code == "ROUTE_NOT_FOUND")
                }
                #expect(try server.starts(of: "echo") == 1)
            }
        }

        @Test("both roads say the same")
        func sameAnswers() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let quick = ServerFixture.invocation("echo", "echo")
                // A query sends a request through the router.
                let slow = quick + "?by=router"
                func check(_ status: Int, _ body: String, _ headers: [String: String] = [:]) throws {
                    let answers = try [quick, slow].map { try server.request("POST", $0, body: body, headers: headers) }
                    #expect(answers.map(\.status) == [status, status], "\(answers[0].json.text)")
                    #expect(answers[0].code == answers[1].code && answers[0].toolText == answers[1].toolText)
                    #expect(answers[0].json["error"]?["details"] == answers[1].json["error"]?["details"])
                    #expect(answers[0].json["error"]?["message"] == answers[1].json["error"]?["message"])
                    let names = answers.map { Set($0.headers.keys) }
                    #expect(names[0] == names[1])
                }
                try check(200, #"{"parameters":{"text":"hello"}}"#)
                try check(200, #"{"parameters":{"text":"hello"}}"#, ["Connection": "keep-alive"])
                try check(200, #"{"parameters":{"text":"hello"},"options":{"timeout_ms":1000}}"#)
                try check(400, "{")
                try check(400, "[]")
                try check(400, "")
                try check(400, #"{"parameters":[]}"#)
                try check(400, #"{"parameters":{},"parameters":{}}"#)
                try check(400, #"{"parameters":{},"unknown":1}"#)
                try check(400, #"{"options":{"timeout_ms":0}}"#)
                try check(400, #"{"options":{"timeout_ms":1.5}}"#)
                try check(400, "{\"parameters\":{\"text\":\"\u{0}\"}}")
                try check(415, "{}", ["Content-Type": "text/plain"])
                try check(401, "{}", ["Authorization": ""])
                try check(403, "{}", ["Origin": "https://evil.example"])
                try check(403, "{}", ["Host": "evil.example"])
                for (path, code) in [
                    ("/api/v1/extensions/echo/capabilities/none/invoke", "CAPABILITY_NOT_FOUND"),
                    ("/api/v1/extensions/none/capabilities/echo/invoke", "EXTENSION_NOT_FOUND"),
                    ("/api/v1/extensions/Not A Name/capabilities/echo/invoke", nil),
                    ("/api/v1/extensions/Not%20A%20Name/capabilities/echo/invoke", "EXTENSION_NOT_FOUND"),
                ] as [(String, String?)] {
                    let answers = try [path, path + "?by=router"].map { try server.request("POST", $0, body: "{}") }
                    #expect(answers[0].status == answers[1].status && answers[0].code == answers[1].code)
                    if let code { #expect(answers[0].code == code) }
                }
            }
        }

        @Test("both roads say the same to MCP clients")
        func sameMessages() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad().status == 201)
                let greeting = try server.mcp(
                    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#
                )
                let session = try #require(greeting.headers["mcp-session-id"])
                func check(_ status: Int, _ message: String, _ headers: [String: String] = [:]) throws {
                    let accept = ["Accept": "application/json, text/event-stream"].merging(headers) { $1 }
                    let answers = try ["/mcp", "/mcp?by=router"]
                        .map { try server.request("POST", $0, body: message, headers: accept) }
                    #expect(answers.map(\.status) == [status, status], "\(message): \(answers[0].json.text)")
                    #expect(Set(answers[0].headers.keys) == Set(answers[1].headers.keys))
                    let errors = answers.map { $0.json["error"] }
                    #expect(errors[0]?["code"] == errors[1]?["code"] && errors[0]?["message"] == errors[1]?["message"])
                    if errors[0] == nil { #expect(answers[0].body == answers[1].body) }
                }
                func call(_ tool: String, _ arguments: String, _ more: String = "") -> String {
                    #"{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"\#(tool)","arguments":\#(arguments)\#(more)}}"#
                }
                try check(200, call("echo__echo", #"{"text":"hello"}"#))
                try check(200, call("echo__echo", #"{"text":"hello"}"#), ["Mcp-Session-Id": session])
                try check(404, call("echo__echo", #"{"text":"hello"}"#), ["Mcp-Session-Id": "another"])
                try check(400, call("echo__echo", #"{"text":"hello"}"#), ["MCP-Protocol-Version": "2024-13-01"])
                try check(200, call("echo__echo", #"{"text":1}"#))
                try check(200, call("echo__echo", "[]"))
                try check(200, call("echo__none", "{}"))
                try check(200, call("bad__crash", "{}"))
                // Who asks for progress gets a stream when there is any.
                let progress = call("echo__echo", #"{"text":"x"}"#, #","_meta":{"progressToken":1}"#)
                try check(200, progress, ["Accept": "application/json"])
                try check(200, progress)
                try check(415, call("echo__echo", #"{"text":"x"}"#), ["Accept": "text/html"])
                try check(401, call("echo__echo", #"{"text":"x"}"#), ["Authorization": ""])
                try check(200, #"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
                try check(200, #"{"jsonrpc":"2.0","id":1,"method":"nothing/here"}"#)
                try check(202, #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
                try check(202, #"{"jsonrpc":"2.0","id":1,"result":{}}"#)
                try check(400, #"{"jsonrpc":"2.0","id":1,"method":"tools/call""#)
                try check(400, "[]")
                try check(400, "")
                // A session's cancellation ends its call, which came by the lane.
                let sleeping = try HTTPConnection(port: server.port, seconds: 10)
                let headers = ["Accept": "application/json, text/event-stream", "Mcp-Session-Id": session]
                let body = Array(call("bad__sleep", #"{"seconds":30}"#).utf8)
                sleeping.send(server.bytes("POST", "/mcp", body: body, headers: headers))
                let cancellation =
                    #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a"}}"#
                usleep(300_000)
                #expect(try server.mcp(cancellation, headers: ["Mcp-Session-Id": session]).status == 202)
                #expect(try sleeping.answer().json["error"]?["data"]?["code"]?.string == "CANCELLED")
            }
        }

        @Test("bodies that come chunked, large, late or announced are taken by the other road")
        func bodies() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let path = ServerFixture.invocation("echo", "echo")
                let chunked = try HTTPConnection(port: server.port)
                let headers = ["Content-Length": "", "Transfer-Encoding": "chunked"]
                chunked.send(server.bytes("POST", path, body: [], headers: headers))
                for piece in [#"{"parameters":"#, #"{"text":"chunked"}}"#] {
                    chunked.send(Array("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n".utf8))
                }
                chunked.send(Array("0\r\n\r\n".utf8))
                #expect(try chunked.answer().toolText == "chunked")

                let text = String(repeating: "0123456789abcdef", count: 1 << 17)
                let large = try HTTPConnection(port: server.port)
                large.send(call(server, text))
                #expect(try large.answer().toolText == text)
                large.send(call(server, "small again"))
                #expect(try large.answer().toolText == "small again")

                let late = try HTTPConnection(port: server.port)
                let bytes = call(server, "late")
                for piece in [bytes.prefix(60), bytes.dropFirst(60).dropLast(10), bytes.suffix(10)] {
                    late.send(piece)
                    usleep(50_000)
                }
                #expect(try late.answer().toolText == "late")

                let announced = try HTTPConnection(port: server.port)
                announced.send(call(server, "announced", headers: ["Expect": "100-continue"]))
                #expect(try announced.answer().toolText == "announced")
            }
        }

        @Test("bytes that are no request are refused after the answer to what was one")
        func broken() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad().status == 201)
                let connection = try HTTPConnection(port: server.port, seconds: 10)
                let body = Array(#"{"parameters":{"seconds":0.5}}"#.utf8)
                connection.send(server.bytes("POST", ServerFixture.invocation("bad", "sleep"), body: body))
                usleep(100_000)
                connection.send(Array("\u{1} no request\r\n\r\n".utf8))
                #expect(try connection.answer().toolText == "slept")
                // Refused, or closed at once.
                let next = try? connection.answer()
                #expect(next == nil || next?.status == 400)
                #expect(try server.echoWorks())
            }
        }

        @Test("a connection is closed when it is silent for long, and not while a call takes long")
        func idle() async throws {
            try await ServerFixture.with(environment: ["HEDDLE_HTTP_IDLE_SECONDS": "1"]) { server in
                try server.registerEcho()
                try #require(try server.registerBad().status == 201)
                let silent = try HTTPConnection(port: server.port, seconds: 10)
                let half = try HTTPConnection(port: server.port, seconds: 10)
                half.send(call(server, "half").dropLast(5))
                let slow = try HTTPConnection(port: server.port, seconds: 10)
                let body = Array(#"{"parameters":{"seconds":2.5}}"#.utf8)
                slow.send(server.bytes("POST", ServerFixture.invocation("bad", "sleep"), body: body))
                let slowByRouter = try HTTPConnection(port: server.port, seconds: 10)
                let path = ServerFixture.invocation("bad", "sleep") + "?by=router"
                slowByRouter.send(server.bytes("POST", path, body: body))
                // Each time within the time, and over more than it altogether.
                let busy = try HTTPConnection(port: server.port, seconds: 10)
                for number in 0..<4 {
                    busy.send(call(server, "busy \(number)"))
                    #expect(try busy.answer().toolText == "busy \(number)")
                    usleep(500_000)
                }
                #expect(try slow.answer().toolText == "slept")
                #expect(try slowByRouter.answer().toolText == "slept")
                #expect(silent.isEnded && half.isEnded)
            }
        }

        @Test("a server that stops lets a call end and takes no other")
        func stop() async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad().status == 201)
                #expect(try server.echoWorks("bad"))
                let connection = try HTTPConnection(port: server.port, seconds: 10)
                let quiet = try HTTPConnection(port: server.port, seconds: 10)
                let body = Array(#"{"parameters":{"seconds":1}}"#.utf8)
                let bytes = server.bytes("POST", ServerFixture.invocation("bad", "sleep"), body: body)
                connection.send(bytes)
                usleep(300_000)
                kill(server.process.processID, SIGTERM)
                #expect(quiet.isEnded)
                // Either it is given the time that it takes, or it is told.
                let answer = try connection.answer()
                #expect(answer.toolText == "slept" || answer.code != nil, "\(answer.json.text)")
                #expect(connection.isEnded)
            }
        }

        @Test("a connection that is to be closed is closed after the answer")
        func close() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let connection = try HTTPConnection(port: server.port, seconds: 5)
                connection.send(call(server, "last", headers: ["Connection": "close"]))
                #expect(try connection.answer().toolText == "last")
                #expect(throws: HTTPConnection.Failure.self) { try connection.answer() }
            }
        }

        @Test("a client that sends much without reading waits, and nobody else does")
        func flood() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try #require(try server.registerBad().status == 201)
                #expect(try server.echoWorks("bad"))
                let flooding = try HTTPConnection(port: server.port, seconds: 2)
                let body = Array(#"{"parameters":{"seconds":3}}"#.utf8)
                flooding.send(server.bytes("POST", ServerFixture.invocation("bad", "sleep"), body: body))
                let one = call(server, String(repeating: "x", count: 1000))
                let many = Array(repeatElement(one, count: 1000).joined())
                var sent = 0
                // The buffers of the sockets take some megabytes of requests and answers.
                while sent < 64, flooding.send(many) { sent += 1 }
                #expect(sent < 64)
                #expect(try flooding.answer().toolText == "slept")
                #expect(try flooding.answer().toolText?.count == 1000)
                #expect(try server.echoWorks())
                let memory = readText("/proc/\(server.process.processID)/status").split(separator: "\n")
                    .first { $0.hasPrefix("VmRSS:") }?
                    .split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
                #expect(try #require(memory) < 200_000)
            }
        }
    }
}
