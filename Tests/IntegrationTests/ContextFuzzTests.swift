import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Contexts and bad input", .serialized)
    struct ContextFuzzTests {
        /// An operation that takes a body.
        private struct Operation {
            let method: String
            let path: String
            let schema: JSONValue
            let types: [String]
        }

        private static func operations(_ description: JSONValue) -> [Operation] {
            (description["paths"]?.object?.members ?? [])
                .filter { $0.name.hasPrefix("/api/v1/contexts") }
                .flatMap { path in
                    (path.value.object?.members ?? [])
                        .compactMap { method -> Operation? in
                            let content = method.value["requestBody"]?["content"]?.object?.members ?? []
                            guard let schema = content.first?.value["schema"] else { return nil }
                            return Operation(
                                method: method.name.uppercased(),
                                path: path.name,
                                schema: schema,
                                types: content.map(\.name)
                            )
                        }
                }
        }

        /// A context with something of everything, by the names of the parts of a path.
        private static func prepare(_ server: ServerFixture) throws -> [(name: String, value: String)] {
            let id = try server.contextID(
                "fuzzed",
                ["configuration": ["max_participants": 1000, "max_sessions": 1000]]
            )
            let participant = try server.join(id, "agent")
            let session = try server.request("POST", ServerFixture.context(id, "sessions"), body: #"{"name":"s"}"#)
            try #require(
                server.request("PUT", ServerFixture.context(id, "metadata", "k"), body: #"{"value":1}"#).status == 201
            )
            let snapshot = try server.request("POST", ServerFixture.context(id, "state", "snapshots"), body: "{}")
            return [
                ("{id}", id), ("{participant}", participant), ("{key}", "k"),
                ("{session}", try #require(session.json["session_id"]?.string)),
                ("{snapshot}", try #require(snapshot.json["snapshot_id"]?.string)),
            ]
        }

        private static let strangers = [
            "00000000-0000-4000-8000-000000000000", "00000000-0000-1000-8000-000000000000", "x", "%00", "%FF", "%2E%2E",
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", String(repeating: "9", count: 4000), "'%20OR%201=1--",
        ]
        private static let queries = [
            "?base_version=-1", "?base_version=99999999999999999999", "?on_conflict=x",
            "?base_version=0&on_conflict=merge",
            "?on_conflict=skip", "?x=%00", "?=&&&=",
        ]

        @Test("is refused with a code, and never breaks anything, whatever is done to the bodies", arguments: [1, 2])
        func bodies(_ seed: UInt64) async throws {
            try await ServerFixture.with { server in try Self.trouble(server, seed) }
        }

        /// Sends bodies of all kinds to every operation that takes one.
        private static func trouble(_ server: ServerFixture, _ seed: UInt64) throws {
            let description = try server.request("GET", "/openapi.json").json
            var generator = BodyGenerator(description, seed: seed)
            let operations = operations(description)
            #expect(operations.count >= 17)
            var counts: [Int: Int] = [:]
            for operation in operations {
                let names = try prepare(server)
                for round in 0..<40 {
                    var path = operation.path
                    for (name, value) in names {
                        let value = round % 10 == 9 ? generator.one(of: strangers) ?? value : value
                        path = path.replacing(name, with: value)
                    }
                    if round % 7 == 6 { path += generator.one(of: queries) ?? "" }
                    let good = generator.value(operation.schema)
                    let body = generator.bytes(generator.spoiled(good, times: generator.times()))
                    let type = generator.one(of: operation.types + [operation.types[0], "text/plain"])
                    let answer = try send(server, operation.method, path, body, type)
                    counts[answer.status / 100, default: 0] += 1
                    let shown = String(decoding: body.prefix(500), as: UTF8.self)
                    #expect(
                        [2, 4].contains(answer.status / 100),
                        "\(operation.method) \(path) \(shown): \(answer)"
                    )
                    #expect(answer.status < 400 || answer.code != nil, "\(operation.method) \(path) \(shown)")
                }
            }
            #expect(counts[2, default: 0] > 50 && counts[4, default: 0] > 200, "\(counts)")
            #expect(try server.request("GET", "/healthz").status == 200)
            #expect(!server.log.contains("] Failed a request") && !server.log.contains("Fatal error"))
        }

        private static func send(
            _ server: ServerFixture,
            _ method: String,
            _ path: String,
            _ body: [UInt8],
            _ type: String?
        ) throws -> HTTPAnswer {
            let connection = try HTTPConnection(port: server.port)
            connection.send(
                server.bytes(method, path, body: body, headers: ["Content-Type": type ?? "application/json"])
            )
            let answer = try connection.answer()
            try PublishedAnswers.check(method, path, answer) { try server.request("GET", "/openapi.json").json }
            return answer
        }

        @Test("lines of an import that no export wrote are refused one by one")
        func lines() async throws {
            try await ServerFixture.with { server in
                let context: JSONValue = ["name": "n", "type": "parallel"]
                let id: JSONValue = .string(UUID().uuidString.lowercased())
                let most: JSONValue = .integer(.max)
                func line(_ more: JSONValue, context changes: JSONValue = [:]) -> String {
                    var all = context.object ?? JSONObject()
                    for member in changes.object?.members ?? [] { all[member.name] = member.value }
                    var line = more.object ?? JSONObject()
                    line["context"] = .object(all)
                    return JSONValue.object(line).text
                }
                let bad = [
                    line(["sessions": [["name": "s", "configuration": ["max_duration": most]]]]),
                    line(["sessions": [["name": "s", "session_id": id], ["name": "t", "session_id": id]]]),
                    line(["sessions": [["name": ""]]]), line(["sessions": [["name": "s", "version": most]]]),
                    line(["metadata": [["key": "k", "value": 1], ["key": "k", "value": 2]]]),
                    line(["metadata": [["key": "", "value": 1]]]), line(["metadata": [["key": "k"]]]),
                    line([
                        "participants": [
                            ["agent_id": "a", "participant_id": id], ["agent_id": "b", "participant_id": id],
                        ]
                    ]),
                    line(["participants": [["agent_id": "a"], ["agent_id": "a"]]]),
                    line(["participants": [["agent_id": ""]]]),
                    line(["participants": [["agent_id": "a", "roles": [1]]]]),
                    line(["participants": .array((0..<11).map { ["agent_id": .string("\($0)")] })]),
                    line(["participants": [["agent_id": "a"]]], context: ["status": "terminated"]),
                    line(["state": ["version": most, "document": [:]]]), line(["state": [:]]),
                    line(["participants": 1]),
                    line([:], context: ["version": most]), line([:], context: ["context_id": "x"]),
                    line([:], context: ["created_at": "9999-12-31T23:59:59Z"]),
                    line([:], context: ["configuration": ["timeout_ms": most]]), line([:], context: ["name": "a\u{0}"]),
                    "[]", "{}", "{", "\"\u{1}\"", String(repeating: "[", count: 1000),
                ]
                // A good one after each: nothing that is wrong with a line is of any matter to another one.
                let body = bad.flatMap { [$0, context.text] }.joined(separator: "\n")
                let report = try server.request(
                    "POST",
                    ServerFixture.contexts + "/import",
                    body: body,
                    headers: ["Content-Type": "application/x-ndjson"]
                )
                #expect(report.status == 200, "\(report.json.text)")
                #expect(report.json["created"]?.integer == bad.count && report.json["failed"]?.integer == bad.count)
                let failed = (report.json["errors"]?.array ?? []).compactMap { $0["line"]?.integer }
                #expect(failed.sorted() == bad.indices.map { 2 * $0 + 1 }, "\(report.json.text)")
                #expect(try server.all(ServerFixture.contexts, limit: 100).count == bad.count)
            }
        }

        @Test("an import that is cut off stores its whole lines, and is no error of the server's")
        func cutOff() async throws {
            try await ServerFixture.with { server in
                let connection = try HTTPConnection(port: server.port)
                let line = #"{"name":"n","type":"parallel"}"# + "\n"
                let lines = String(repeating: line, count: 450)
                var bytes = server.bytes(
                    "POST",
                    ServerFixture.contexts + "/import",
                    body: nil,
                    headers: ["Content-Type": "application/x-ndjson", "Transfer-Encoding": "chunked"]
                )
                bytes += Array("\(String(lines.utf8.count, radix: 16))\r\n\(lines)\r\n".utf8)
                connection.send(bytes)
                let path = ServerFixture.contexts + "?total=true&limit=1"
                #expect(try eventually(seconds: 30) { try server.request("GET", path).json["total"] == 400 })
                connection.hangUp()
                #expect(try eventually { try server.request("GET", "/healthz").status == 200 })
                #expect(try server.request("GET", path).json["total"] == 400, "what was not stored by then never is")
                #expect(!server.log.contains("Failed a request"))
            }
        }

        @Test("an import says what it does not take")
        func refusals() async throws {
            try await ServerFixture.with { server in
                let path = ServerFixture.contexts + "/import"
                let line = #"{"name":"n","type":"parallel"}"#
                let type = ["Content-Type": "application/x-ndjson"]
                #expect(try server.request("POST", path, body: line).status == 415)
                let keyed = type.merging(["Idempotency-Key": "k"]) { $1 }
                #expect(try server.request("POST", path, body: line, headers: keyed).code == "INVALID_REQUEST")
                #expect(try server.request("POST", path + "?on_conflict=x", body: line, headers: type).status == 400)
                let empty = try server.request("POST", path, body: "\n\r\n \n", headers: type).json
                #expect(empty["created"] == 0 && empty["failed"] == 0)
                let long = try server.request(
                    "POST",
                    path,
                    body: String(repeating: " ", count: 17 << 20),
                    headers: type
                )
                #expect(long.status == 413 && long.code == "BODY_TOO_LARGE")
            }
        }
    }
}
