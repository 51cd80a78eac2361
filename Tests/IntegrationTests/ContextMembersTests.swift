import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("What contexts have in them", .serialized)
    struct ContextMembersTests {
        private static func path(_ id: String, _ parts: String...) -> String {
            ([ServerFixture.contexts, id] + parts).joined(separator: "/")
        }

        // MARK: Participants

        private static func joining(_ id: String, _ agents: [String]) -> ServerFixture.Sent {
            let bodies = agents.map { agent -> JSONValue in ["agent_id": .string(agent)] }
            return bodies.count == 1
                ? .init(method: "POST", path: path(id, "participants"), body: bodies[0].text)
                : .init(
                    method: "POST",
                    path: path(id, "participants", "batch"),
                    body: (["participants": .array(bodies)] as JSONValue).text
                )
        }

        @Test("a thousand who want to come at once never are more than there is room for", arguments: [1, 5])
        func capacity(_ most: Int) async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID("full", ["configuration": ["max_participants": 100]])
                var (joined, requests) = (0, [ServerFixture.Sent]())
                for number in 0..<1000 {
                    let size = number % most + 1
                    requests.append(Self.joining(id, (0..<size).map { "agent-\(number)-\($0)" }))
                }
                for start in stride(from: 0, to: requests.count, by: 100) {
                    let answers = try server.simultaneously(Array(requests[start..<start + 100]))
                    for (offset, answer) in answers.enumerated() {
                        let size = (start + offset) % most + 1
                        guard answer.status != 201 else {
                            joined += size
                            continue
                        }
                        let details = answer.json["error"]?["details"]
                        let room = details?["available_slots"]?.string.flatMap { Int($0) } ?? -1
                        #expect(answer.status == 409 && answer.code == "CONTEXT_FULL", "\(answer.json.text)")
                        #expect(details?["requested"]?.string == String(size) && (0..<size).contains(room))
                    }
                    let count = try server.request("GET", Self.path(id)).json["participant_count"]?.integer
                    #expect(count == joined && joined <= 100)
                }
                if most == 1 { #expect(joined == 100) }
                let all = try server.all(Self.path(id, "participants"), limit: 100)
                #expect(all.count == joined && Set(all.compactMap { $0["agent_id"]?.string }).count == joined)
            }
        }

        @Test("ten thousand take part, are found page by page, and all leave with their context")
        func thousands() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID("big", ["configuration": ["max_participants": 10_000]])
                for start in stride(from: 0, to: 10_000, by: 2500) {
                    let sent = Self.joining(id, (start..<start + 2500).map { "agent-\($0)" })
                    #expect(try server.simultaneously([sent]).map(\.status) == [201])
                }
                let all = try server.all(Self.path(id, "participants"), limit: 100)
                let ids = all.compactMap { $0["participant_id"]?.string }
                #expect(Set(ids).count == 10_000 && ids.count == 10_000 && ids == ids.sorted())
                let full = try server.simultaneously([Self.joining(id, ["one more"])])
                #expect(full.map(\.code) == ["CONTEXT_FULL"])
                let ended = try server.request("PATCH", Self.path(id), body: #"{"status":"terminated"}"#)
                #expect(ended.json["participant_count"] == 0)
                #expect(try server.request("GET", Self.path(id, "participants")).json["items"] == [])
                let left = try server.request("GET", Self.path(id, "participants") + "?status=left&limit=1").json
                #expect(left["items"]?.array?.first?["left_at"] != nil && left["has_more"] == true)
            }
        }

        @Test("one comes, changes, works in a session and leaves; what it was in stays known")
        func participant() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                let one = try server.join(id, "a1", ["roles": ["contributor", "reviewer"], "display_name": "Ann"])
                let two = try server.join(id, "a2", ["participant_type": "human"])
                let twice = try server.request("POST", Self.path(id, "participants"), body: #"{"agent_id":"a1"}"#)
                #expect(twice.status == 409 && twice.code == "PARTICIPANT_ALREADY_EXISTS")
                let path = Self.path(id, "participants", one)
                let shown = try server.request("GET", path)
                #expect(shown.headers["etag"] == "\"1\"")
                #expect(shown.json["permissions"] == ["read", "write", "comment", "approve"], "\(shown.json.text)")
                for (query, agents) in [("role=reviewer", ["a1"]), ("type=human", ["a2"]), ("status=inactive", [])] {
                    let found = try server.request("GET", Self.path(id, "participants") + "?" + query).json["items"]?
                        .array
                    #expect(found?.compactMap { $0["agent_id"]?.string } == agents, "\(query)")
                }
                let change = try server.request(
                    "PATCH",
                    path,
                    body: #"{"roles":["viewer"],"status":"inactive"}"#,
                    headers: ["If-Match": "\"1\""]
                )
                #expect(change.json["status"] == "inactive" && change.json["permissions"] == ["read"])
                #expect(change.json["display_name"] == "Ann" && change.headers["etag"] == "\"2\"")
                #expect(try server.request("PUT", path, body: #"{"roles":[]}"#).json["display_name"] == nil)
                #expect(try server.request("PATCH", path, body: #"{"status":"left"}"#).code == "INVALID_REQUEST")

                let both: JSONValue = [.string(one), .string(two)]
                let body: JSONValue = ["name": "s", "participants": both, "active_participants": both]
                let begun = try server.request("POST", Self.path(id, "sessions"), body: body.text)
                let session = Self.path(id, "sessions", try #require(begun.json["session_id"]?.string))
                #expect(try server.request("DELETE", path).status == 204)
                let after = try server.request("GET", session).json
                #expect(after["active_participants"] == [.string(two)] && after["participants"] == both)
                #expect(after["version"] == 2)
                #expect(try server.request("GET", path).json["status"] == "left")
                let again = try server.request("DELETE", path)
                #expect(again.status == 404 && again.code == "PARTICIPANT_NOT_FOUND")
                #expect(try server.request("GET", Self.path(id)).json["participant_count"] == 1)
                try server.join(id, "a1")
                let kinds = try server.all(Self.path(id, "events"), limit: 100).compactMap { $0["type"]?.string }
                #expect(kinds.contains("participant.tasks.cancel") && kinds.contains("participant.resources.transfer"))
            }
        }

        @Test("a context lets in only those whom it means")
        func access() async throws {
            try await ServerFixture.with { server in
                let rules: JSONValue = [
                    "access_control": [
                        "join_policy": "invitation_only", "required_capabilities": ["swift"],
                        "required_roles": ["a", "b"],
                    ]
                ]
                let created = try server.createContext("closed", rules)
                let id = try #require(created["context_id"]?.string)
                let token = created["access_info"]?["join_token"] ?? .null
                let attempts: [(body: JSONValue, status: Int)] = [
                    (["agent_id": "x", "capabilities": ["swift"], "roles": ["a"]], 403),
                    (["agent_id": "x", "join_token": "wrong", "capabilities": ["swift"], "roles": ["a"]], 403),
                    (["agent_id": "x", "join_token": token, "roles": ["a"]], 403),
                    (["agent_id": "x", "join_token": token, "capabilities": ["swift"], "roles": ["c"]], 403),
                    (["agent_id": "x", "join_token": token, "capabilities": ["swift"], "roles": ["b"]], 201),
                ]
                for (body, status) in attempts {
                    let answer = try server.request("POST", Self.path(id, "participants"), body: body.text)
                    #expect(answer.status == status && answer.code == (status == 403 ? "JOIN_REFUSED" : nil))
                }
            }
        }

        // MARK: Sessions

        @Test("sessions begin, pause, end, and no more are open than may be")
        func sessions() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID("team", ["configuration": ["max_sessions": 2]])
                let all = Self.path(id, "sessions")
                let ids = try ["one", "two"]
                    .map { name -> String in
                        let answer = try server.request("POST", all, body: #"{"name":"\#(name)"}"#)
                        return try #require(answer.json["session_id"]?.string)
                    }
                let third = try server.request("POST", all, body: #"{"name":"three"}"#)
                #expect(third.code == "CONTEXT_FULL" && third.json["error"]?["details"]?["available_slots"] == "0")
                for (status, expected) in [("paused", 200), ("active", 200), ("completed", 200), ("active", 409)] {
                    let answer = try server.request(
                        "PATCH",
                        Self.path(id, "sessions", ids[0]),
                        body: #"{"status":"\#(status)"}"#
                    )
                    #expect(answer.status == expected, "\(status): \(answer.json.text)")
                }
                let metrics = #"{"metrics":{"message_count":3,"average_latency":1.5}}"#
                let over = try server.request("PATCH", Self.path(id, "sessions", ids[0]), body: metrics)
                #expect(over.code == "INVALID_STATE_TRANSITION")
                let changed = try server.request("PATCH", Self.path(id, "sessions", ids[1]), body: metrics)
                #expect(changed.json["metrics"]?["average_latency"] == .number("1.5"))
                #expect(try server.request("POST", all, body: #"{"name":"three"}"#).status == 201)
                let open = try server.request("GET", all + "?status=active").json["items"]?.array
                #expect(open?.count == 2)
                #expect(try server.all(all, limit: 1).count == 3)
                let stranger = #"{"name":"x","participants":["00000000-0000-4000-8000-000000000000"]}"#
                #expect(try server.request("PATCH", Self.path(id, "sessions", ids[1]), body: stranger).status == 404)
                let missing = Self.path(id, "sessions", "00000000-0000-4000-8000-000000000000")
                #expect(try server.request("GET", missing).code == "SESSION_NOT_FOUND")
            }
        }

        // MARK: Metadata

        @Test("metadata is kept under any key, found by patterns, and remembered")
        func metadata() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                let keys = [
                    ("a/b", "a%2Fb"), ("%", "%25"), ("x y", "x%20y"), ("über", "%C3%BCber"), ("😀", "%F0%9F%98%80"),
                    ("..", ".."), ("priority.one", "priority.one"), ("priority2", "priority2"), ("a?b#c", "a%3Fb%23c"),
                ]
                for (key, escaped) in keys {
                    let path = Self.path(id, "metadata", escaped)
                    let value: JSONValue = ["value": [.string(key), .number("1.0")]]
                    let first = try server.request("PUT", path, body: value.text)
                    #expect(first.status == 201 && first.json["key"]?.string == key, "\(key): \(first.json.text)")
                    let second = try server.request("PUT", path, body: value.text, headers: ["If-Match": "\"1\""])
                    #expect(second.status == 200 && second.headers["etag"] == "\"2\"")
                    #expect(try server.request("GET", path).json["value"] == [.string(key), .number("1.0")])
                    let late = try server.request("PUT", path, body: value.text, headers: ["If-Match": "\"1\""])
                    #expect(late.code == "VERSION_CONFLICT")
                }
                let all = try server.all(Self.path(id, "metadata"), limit: 2).compactMap { $0["key"]?.string }
                #expect(all.sorted() == keys.map(\.0).sorted())
                for (pattern, count) in [("priority*", 2), ("*2", 1), ("*", 9), ("%3F", 2), ("x%20*", 1), ("no*", 0)] {
                    let found = try server.request("GET", Self.path(id, "metadata") + "?pattern=\(pattern)")
                        .json["items"]?
                        .array
                    #expect(found?.count == count, "\(pattern): \(found ?? [])")
                }
                let path = Self.path(id, "metadata", "a%2Fb")
                #expect(try server.request("DELETE", path).status == 204)
                #expect(try server.request("GET", path).code == "METADATA_NOT_FOUND")
                let history = try server.request("GET", path + "/history").json["items"]?.array
                #expect(history?.compactMap { $0["version"]?.integer } == [3, 2, 1])
                #expect(history?.first?["is_deleted"] == true && history?.last?["value"] == ["a/b", .number("1.0")])
                #expect(try server.request("PUT", path, body: #"{"value":null}"#).json["version"] == 4)
                for bad in ["%00", "%FF", "%zz", String(repeating: "k", count: 256)] {
                    #expect(
                        try server.request("PUT", Self.path(id, "metadata", bad), body: #"{"value":1}"#).status == 400
                    )
                }
            }
        }
    }
}
