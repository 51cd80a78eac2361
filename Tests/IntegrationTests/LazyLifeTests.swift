import Glibc
import JSON
import Testing

extension WholeServer {
    @Suite("The lazy life of an extension", .serialized)
    struct LazyLifeTests {
        @Test("adding it leaves nothing running; the first call starts it")
        func firstCall() async throws {
            try await ServerFixture.with { server in
                let added = try server.command("ext", "add", "echo", "--yes", "--", server.echo)
                #expect(added.status == 0, "\(added.error)")
                #expect(ProcessTable.running(server.echo).isEmpty)
                #expect(server.children.isEmpty)
                let list = try server.request("GET", "/api/v1/capabilities").json["items"]?.array ?? []
                #expect(list.compactMap { $0["mcp_name"]?.string } == ["echo__echo"])
                #expect(try server.starts(of: "echo") == 0)

                let called = try server.command("cap", "invoke", "echo", "echo", "--param", "text=hello")
                #expect(called.status == 0, "\(called.error)")
                #expect(called.output.contains("hello"))
                #expect(ProcessTable.running(server.echo).count == 1)
                #expect(try server.starts(of: "echo") == 1)

                let instance = try server.request("GET", "/api/v1/extensions/echo").json["instances"]?.array?.first
                #expect((100_000...100_000_000).contains(instance?["memory_bytes"]?.integer ?? 0))
                #expect(instance?["processor_ms"]?.integer != nil && instance?["calls"]?.integer == 1)
                let shown = try server.command("ext", "show", "echo")
                #expect(shown.output.contains(", 1 calls, ") && shown.output.contains(" MB, "), "\(shown.output)")
            }
        }

        @Test("a hundred callers at once cause one start")
        func singleFlight() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let body = Array(#"{"parameters":{"text":"x"}}"#.utf8)
                let request = server.bytes("POST", ServerFixture.invocation("echo", "echo"), body: body)
                let connections = try (0..<100).map { _ in try HTTPConnection(port: server.port) }
                for connection in connections { connection.send(request) }
                for connection in connections {
                    let answer = try connection.answer()
                    #expect(answer.status == 200 && answer.toolText == "x")
                }
                #expect(try server.starts(of: "echo") == 1)
                #expect(ProcessTable.running(server.echo).count == 1)
            }
        }

        @Test("it stops when it has nothing to do, and starts again")
        func idle() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho(loading: ["idle_seconds": 1])
                #expect(try server.echoWorks())
                let children = server.children
                #expect(!children.isEmpty)
                #expect(eventually(seconds: 6) { children.areGone })
                #expect(try server.instances(of: "echo").isEmpty)
                #expect(try server.request("GET", "/api/v1/extensions/echo").json["state"]?.string == "active")
                #expect(try server.echoWorks())
                #expect(try server.starts(of: "echo") == 2)
            }
        }

        @Test("a busy process is not idle")
        func busy() async throws {
            try await ServerFixture.with { server in
                try #require(try server.registerBad(loading: ["idle_seconds": 1]).status == 201)
                let answer = try server.call("bad", "sleep", ["seconds": .number("2.5")])
                #expect(answer.toolText == "slept", "\(answer.json.text)")
            }
        }

        @Test("the call after its death starts it again")
        func killed() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                for round in 1...3 {
                    #expect(try server.echoWorks())
                    #expect(try server.starts(of: "echo") == round)
                    let process = try #require(ProcessTable.running(server.echo).first)
                    kill(process, SIGKILL)
                    #expect(eventually { ProcessTable.running(server.echo).isEmpty })
                    #expect(try eventually { try server.instances(of: "echo").isEmpty })
                }
                #expect(try server.echoWorks())
            }
        }

        @Test("inactive it is not called; active it is again; removed it is not found")
        func states() async throws {
            try await ServerFixture.with { server in
                let one = "/api/v1/extensions/echo"
                try server.registerEcho()
                #expect(try server.echoWorks())
                let down = try server.request("POST", one + "/deactivate")
                #expect(down.status == 200 && down.json["state"]?.string == "inactive", "\(down.json.text)")
                #expect(eventually { server.children.isEmpty })
                let refused = try server.call("echo", "echo")
                #expect(refused.status == 409 && refused.code == "EXTENSION_INACTIVE")
                #expect(try server.request("GET", "/api/v1/capabilities").json["items"]?.array == [])

                #expect(try server.request("POST", one + "/activate").json["state"]?.string == "active")
                #expect(server.children.isEmpty)
                #expect(try server.echoWorks())

                let removed = try server.request("DELETE", one)
                #expect(removed.status == 204 && removed.body.isEmpty)
                #expect(eventually { server.children.isEmpty })
                #expect(try server.request("GET", one).code == "EXTENSION_NOT_FOUND")
                #expect(try server.call("echo", "echo").status == 404)
                #expect(try server.request("DELETE", one).status == 404)
                try server.registerEcho()
                #expect(try server.echoWorks())
            }
        }

        @Test("a tool that does not exist is named as such")
        func unknownTool() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let answer = try server.call("echo", "nothing")
                #expect(answer.status == 404 && answer.code == "CAPABILITY_NOT_FOUND")
                #expect(server.children.isEmpty)
            }
        }

        @Test("a server that starts again knows everything and runs nothing", arguments: [SIGTERM, SIGKILL])
        func restart(signal: Int32) async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                try server.registerEcho("second")
                #expect(try server.request("POST", "/api/v1/extensions/second/deactivate").status == 200)
                #expect(try server.echoWorks())
                let path = "/api/v1/capabilities?extension=echo"
                let before = try server.request("GET", path).json
                try server.restart(signal: signal)
                #expect(try server.request("GET", path).json == before)
                let list = try server.request("GET", "/api/v1/extensions").json["items"]?.array ?? []
                #expect(list.compactMap { $0["name"]?.string } == ["echo", "second"])
                #expect(list.compactMap { $0["state"]?.string } == ["active", "inactive"])
                #expect(server.children.isEmpty)
                #expect(try server.echoWorks())
                #expect(try server.call("second", "echo").code == "EXTENSION_INACTIVE")
            }
        }
    }
}
