import FoundationEssentials
import HeddleTestSupport
import JSON
import JSONSchema
import Testing

extension WholeServer {
    @Suite("Contexts over HTTP", .serialized)
    struct ContextTests {
        private static let contexts = ServerFixture.contexts

        @Test("live from their creation to their end, each change with its version")
        func life() async throws {
            try await ServerFixture.with { server in
                let created = try server.createContext("Alpha", ["metadata": ["custom_data": ["a": 1, "b": 2]]])
                let id = try #require(created["context_id"]?.string)
                #expect(created["status"] == "active" && created["version"] == 1 && created["access_info"] != nil)
                let path = ServerFixture.context(id)
                let shown = try server.request("GET", path)
                #expect(shown.headers["etag"] == "\"1\"" && shown.json["name"] == "Alpha")
                #expect(shown.json["access_info"] == nil, "the join token is shown to those who ask for it")

                let patch = #"{"description":"new","metadata":{"custom_data":{"a":null,"c":3}}}"#
                let patched = try server.request("PATCH", path, body: patch, headers: ["If-Match": "\"1\""])
                #expect(patched.headers["etag"] == "\"2\"")
                #expect(patched.json["metadata"]?["custom_data"] == ["b": 2, "c": 3], "\(patched.json.text)")
                let late = try server.request("PATCH", path, body: patch, headers: ["If-Match": "\"1\""])
                #expect(late.status == 409 && late.code == "VERSION_CONFLICT")
                #expect(late.json["error"]?["details"]?["current_version"] == "2")

                let replaced = try server.request("PUT", path, body: #"{"name":"Beta","type":"pipeline"}"#)
                #expect(replaced.json["description"] == nil && replaced.json["metadata"]?["custom_data"] == [:])
                #expect(try server.request("PUT", path, body: #"{"name":"x"}"#).code == "INVALID_REQUEST")
                for (status, version) in [("paused", 4), ("active", 5), ("terminated", 6)] {
                    let answer = try server.request("PATCH", path, body: #"{"status":"\#(status)"}"#)
                    #expect(answer.json["status"]?.string == status && answer.json["version"]?.integer == version)
                }
                let over = try server.request("PATCH", path, body: #"{"status":"active"}"#)
                #expect(over.status == 409 && over.code == "INVALID_STATE_TRANSITION")
                #expect(try server.request("DELETE", path, headers: ["If-Match": "\"1\""]).status == 409)
                #expect(try server.request("DELETE", path).status == 204)
                #expect(try server.request("GET", path).code == "CONTEXT_NOT_FOUND")
                let events = try server.all(path + "/events", limit: 3).compactMap { $0["type"]?.string }
                #expect(events.first == "context.created" && events.last == "context.deleted" && events.count == 7)
            }
        }

        @Test("of 50 that change the same version at once, one does")
        func race() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                for round in 1...3 {
                    let requests = (0..<50)
                        .map { number in
                            ServerFixture.Sent(
                                method: "PATCH",
                                path: ServerFixture.context(id),
                                body: #"{"description":"\#(number)"}"#,
                                headers: ["If-Match": "\"\(round)\""]
                            )
                        }
                    let answers = try server.simultaneously(requests)
                    let winners = answers.indices.filter { answers[$0].status == 200 }
                    #expect(winners.count == 1)
                    #expect(answers.count { $0.status == 409 && $0.code == "VERSION_CONFLICT" } == 49)
                    let shown = try server.request("GET", ServerFixture.context(id)).json
                    #expect(shown["description"]?.string.flatMap { Int($0) } == winners.first)
                    #expect(shown["version"]?.integer == round + 1)
                }
            }
        }

        @Test("are listed by every filter, and page by page without a gap or a double")
        func lists() async throws {
            try await ServerFixture.with { server in
                let batches = [0..<100, 100..<200, 200..<250]
                for batch in batches {
                    let contexts = batch.map { number -> JSONValue in
                        [
                            "name": .string("Number \(number) Ωmega"), "type": number < 125 ? "pipeline" : "broadcast",
                            "owner": ["owner_id": .string("owner-\(number % 5)")],
                            "metadata": [
                                "tags": number.isMultiple(of: 2) ? ["even"] : ["odd", "strange"],
                                "custom_data": ["n": .integer(number % 10), "deep": ["flag": .bool(number == 7)]],
                            ],
                        ]
                    }
                    let body: JSONValue = ["contexts": .array(contexts)]
                    #expect(try server.request("POST", Self.contexts + "/batch", body: body.text).status == 201)
                }
                for limit in [7, 100] {
                    let ids = try server.all(Self.contexts, limit: limit).compactMap { $0["context_id"]?.string }
                    #expect(ids.count == 250 && Set(ids).count == 250)
                }
                let names = try server.all(Self.contexts, limit: 100).compactMap { $0["name"]?.string }
                #expect(names == (0..<250).reversed().map { "Number \($0) Ωmega" }, "the newest first")
                let one = try #require(server.all(Self.contexts, limit: 100).first?["context_id"]?.string)
                #expect(
                    try server.request("PATCH", ServerFixture.context(one), body: #"{"status":"paused"}"#).status == 200
                )

                let expected = [
                    ("type=pipeline", 125), ("status=paused", 1), ("status=active", 249), ("owner=owner-3", 50),
                    ("tag=even", 125), ("tag=odd&tag=strange", 125), ("tag=odd&tag=even", 0),
                    ("metadata.custom_data.n=4", 25), ("metadata.custom_data.deep.flag=true", 1),
                    ("metadata.custom_data.n=4&type=broadcast", 12), ("q=%CF%89mega%20number%2024", 11),
                    ("q=nothing", 0),
                ]
                for (query, count) in expected {
                    let answer = try server.request("GET", "\(Self.contexts)?\(query)&total=true&limit=1")
                    #expect(answer.json["total"]?.integer == count, "\(query): \(answer.json.text.prefix(300))")
                    #expect(try server.all("\(Self.contexts)?\(query)", limit: 60).count == count, "\(query)")
                }
                for query in ["limit=0", "limit=101", "cursor=-1", "cursor=x", "type=x", "status=x", "q=%20", "q=%FF"] {
                    let answer = try server.request("GET", "\(Self.contexts)?\(query)")
                    #expect(answer.status == 400 && answer.code == "INVALID_REQUEST", "\(query)")
                }
                let statistics = try server.request("GET", Self.contexts + "/statistics").json
                #expect(statistics["total_contexts"] == 250 && statistics["paused_contexts"] == 1)
            }
        }

        @Test("are created in a batch as a whole, or none with the index of what is wrong")
        func batch() async throws {
            try await ServerFixture.with { server in
                let body = #"{"contexts":[{"name":"a","type":"parallel"},{"name":"","type":"parallel"}]}"#
                let answer = try server.request("POST", Self.contexts + "/batch", body: body)
                let places = answer.json["error"]?["details"]?["violations"]?.array?.compactMap { $0["path"]?.string }
                #expect(answer.status == 400 && places == ["/contexts/1/name"])
                #expect(try server.request("GET", Self.contexts).json["items"] == [])
                let good = try server.request(
                    "POST",
                    Self.contexts + "/batch",
                    body: body.replacing("\"\"", with: "\"b\"")
                )
                let ids = (good.json["items"]?.array ?? []).compactMap { $0["context_id"]?.string }
                #expect(good.status == 201 && ids.count == 2)
                let wanted: JSONValue = ["ids": .array((ids.reversed() + ["nobody"]).map(JSONValue.string))]
                let found = try server.request("POST", Self.contexts + "/lookup", body: wanted.text).json["items"]?
                    .array
                #expect(found?.map { $0["name"]?.string } == ["b", "a", nil])
            }
        }

        @Test("a key makes every kind of creation happen once, and is refused for another")
        func idempotency() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID("team", ["configuration": ["max_participants": 100]])
                let cases: [(path: String, body: String, other: String)] = [
                    (Self.contexts, #"{"name":"a","type":"parallel"}"#, #"{"name":"b","type":"parallel"}"#),
                    (
                        Self.contexts + "/batch", #"{"contexts":[{"name":"a","type":"parallel"}]}"#,
                        #"{"contexts":[{"name":"b","type":"parallel"}]}"#
                    ),
                    (ServerFixture.context(id, "clone"), #"{"name":"c"}"#, #"{"name":"d"}"#),
                    (ServerFixture.context(id, "participants"), #"{"agent_id":"a"}"#, #"{"agent_id":"b"}"#),
                    (
                        ServerFixture.context(id, "participants", "batch"), #"{"participants":[{"agent_id":"c"}]}"#,
                        #"{"participants":[{"agent_id":"d"}]}"#
                    ),
                    (ServerFixture.context(id, "sessions"), #"{"name":"a"}"#, #"{"name":"b"}"#),
                    (ServerFixture.context(id, "state", "snapshots"), #"{"name":"a"}"#, #"{"name":"b"}"#),
                    (ServerFixture.context(id, "state", "restore"), #"{"version":0}"#, #"{"version":1}"#),
                ]
                for (path, body, other) in cases {
                    let headers = ["Idempotency-Key": "key of \(path)".replacing(" ", with: "-")]
                    let first = try server.request("POST", path, body: body, headers: headers)
                    #expect((200...201).contains(first.status), "\(path): \(first.json.text)")
                    let second = try server.request("POST", path, body: body, headers: headers)
                    #expect(second.status == first.status && second.body == first.body, "\(path)")
                    #expect(
                        second.headers["idempotency-replayed"] == "true" && first.headers["idempotency-replayed"] == nil
                    )
                    let third = try server.request("POST", path, body: other, headers: headers)
                    #expect(
                        third.status == 422 && third.code == "IDEMPOTENCY_KEY_REUSED",
                        "\(path): \(third.json.text)"
                    )
                }
                #expect(try server.all(Self.contexts, limit: 100).count == 4)
                #expect(try server.all(ServerFixture.context(id, "participants"), limit: 100).count == 2)
            }
        }

        @Test("show more of themselves when they are asked")
        func parts() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                let participant = try server.join(id, "a1", ["roles": ["reviewer"]])
                let session: JSONValue = ["name": "s", "participants": [.string(participant)]]
                let begun = try server.request("POST", ServerFixture.context(id, "sessions"), body: session.text)
                #expect(begun.status == 201)
                let whole =
                    try server.request("GET", ServerFixture.context(id) + "?include=participants,sessions,access").json
                #expect(whole["participants"]?["items"]?.array?.first?["agent_id"] == "a1")
                #expect(whole["sessions"]?["items"]?.array?.first?["name"] == "s")
                #expect(whole["access_info"]?["join_token"]?.string?.isEmpty == false)
                #expect(try server.request("GET", ServerFixture.context(id) + "?include=all").code == "INVALID_REQUEST")
                #expect(try server.request("GET", ServerFixture.context(id) + "?format=xml").code == "INVALID_REQUEST")
                let health = try server.request("GET", ServerFixture.context(id, "health")).json
                #expect(health["overall"] == "healthy" && health["capacity"]?["participants"]?.double == 0.1)
            }
        }

        private static let schemas = TestEnvironment.checkout + "/../shared/data/mplp-g2"
        private static let absent: Comment = "skipped: no ../shared/data with the schemas of MPLP"

        @Test(
            "are valid objects of MPLP in every state, by both doors",
            .enabled(if: FileManager.default.fileExists(atPath: schemas), absent)
        )
        func mplp() async throws {
            var registry = SchemaRegistry()
            for file in try FileManager.default.subpathsOfDirectory(atPath: Self.schemas)
            where file.hasSuffix(".json") && !file.hasPrefix("examples/") {
                let document = try JSONDocument(Array(Data(contentsOf: URL(filePath: "\(Self.schemas)/\(file)"))))
                try registry.add(document, as: "urn:heddle:mplp/" + file)
            }
            let schema = try JSONSchema(
                JSONDocument(Array(##"{"$ref":"urn:heddle:mplp/mplp-context.schema.json"}"##.utf8)),
                registry: registry
            )
            try await ServerFixture.with { server in
                let id = try server.contextID("Ω", ["description": "d", "metadata": ["tags": ["a"]]])
                let seen = try ["active", "paused", "terminated"]
                    .map { status -> String in
                        _ = try server.request("PATCH", ServerFixture.context(id), body: #"{"status":"\#(status)"}"#)
                        let object = try server.json("export", "context", id, "--format", "mplp")
                        #expect(try schema.violations(JSONDocument(object.bytes).root) == [], "\(object.text)")
                        #expect(try server.json("context", "get", id, "--format", "mplp") == object)
                        return object["status"]?.string ?? ""
                    }
                #expect(seen == ["active", "suspended", "closed"])
            }
        }
    }
}
