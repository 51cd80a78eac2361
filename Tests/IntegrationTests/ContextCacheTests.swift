import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("What is kept of contexts", .serialized)
    struct ContextCacheTests {
        @Test("answers from memory the second time, and anew after every kind of change")
        func hits() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                let paths = [ServerFixture.context(id), ServerFixture.contexts, ServerFixture.contexts + "/statistics"]
                func kept() throws -> [String?] { try paths.map { try server.request("GET", $0).headers["x-cache"] } }
                _ = try kept()
                #expect(try kept() == ["hit", "hit", "hit"])
                let changes: [(String, String, String?)] = [
                    ("PATCH", ServerFixture.context(id), #"{"description":"new"}"#),
                    ("POST", ServerFixture.context(id, "participants"), #"{"agent_id":"a"}"#),
                    ("POST", ServerFixture.context(id, "sessions"), #"{"name":"s"}"#),
                    ("PUT", ServerFixture.context(id, "metadata", "k"), #"{"value":1}"#),
                    ("PUT", ServerFixture.context(id, "state"), "{}"),
                ]
                for (method, path, body) in changes {
                    #expect(try server.request(method, path, body: body).status < 300)
                    #expect(try kept() == ["miss", "miss", "miss"], "\(path)")
                    #expect(try kept() == ["hit", "hit", "hit"])
                }
                let shown = try server.request("GET", ServerFixture.context(id)).json
                #expect(shown["description"] == "new" && shown["participant_count"] == 1 && shown["session_count"] == 1)
                let other = try server.contextID("other")
                let names = try server.request("GET", ServerFixture.contexts).json["items"]?.array
                #expect(names?.map { $0["name"]?.string } == ["other", "team"])
                #expect(try server.request("DELETE", ServerFixture.context(other)).status == 204)
                #expect(try server.request("GET", ServerFixture.contexts).json["items"]?.array?.count == 1)
            }
        }

        @Test("is never older than a change that was acknowledged, with eight who change and read at once")
        func freshness() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                let connections = try (0..<8).map { _ in try HTTPConnection(port: server.port) }
                let readers = try (0..<8).map { _ in try HTTPConnection(port: server.port) }
                let path = ServerFixture.context(id)
                let get = server.bytes("GET", path, body: nil)
                var seen = 0
                for round in 0..<50 {
                    for (number, connection) in connections.enumerated() {
                        let body = Array(#"{"description":"\#(round) \#(number)"}"#.utf8)
                        connection.send(server.bytes("PATCH", path, body: body))
                    }
                    for reader in readers { reader.send(get) }
                    var acknowledged: [Int] = []
                    for connection in connections {
                        let answer = try connection.answer()
                        acknowledged.append(try #require(answer.json["version"]?.integer, "\(answer.json.text)"))
                        // The others' changes and readings are still under way.
                        connection.send(get)
                    }
                    for (connection, version) in zip(connections, acknowledged) {
                        let shown = try connection.answer().json["version"]?.integer ?? 0
                        #expect(shown >= version)
                    }
                    for reader in readers { seen = max(seen, try reader.answer().json["version"]?.integer ?? 0) }
                    #expect(Set(acknowledged).count == 8)
                }
                #expect(try server.request("GET", path).json["version"] == 401)
                #expect(seen > 1 && seen <= 401)
            }
        }

        @Test("a context whose time is over takes nobody in, and is gone after its delay")
        func expiry() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID(
                    "short",
                    ["configuration": ["timeout_ms": 1000, "cleanup_delay_ms": 0]]
                )
                let kept = try server.contextID("kept", ["configuration": ["timeout_ms": 1000, "auto_cleanup": false]])
                for context in [id, kept] {
                    #expect(
                        try eventually(seconds: 20) {
                            let answer = try server.request(
                                "POST",
                                ServerFixture.context(context, "sessions"),
                                body: #"{"name":"s","configuration":{"max_duration":1}}"#
                            )
                            return ["CONTEXT_EXPIRED", "CONTEXT_NOT_FOUND"].contains(answer.code ?? "")
                        }
                    )
                }
                #expect(
                    try eventually(seconds: 30) { try server.request("GET", ServerFixture.context(id)).status == 404 }
                )
                let events = try server.all(ServerFixture.context(id, "events"), limit: 100)
                #expect(events.last?["type"] == "context.deleted" && events.last?["data"]?["reason"] == "expired")
                #expect(try server.request("GET", ServerFixture.context(kept)).status == 200)
                #expect(try server.request("GET", ServerFixture.context(kept, "health")).json["overall"] == "unhealthy")
            }
        }
    }
}
