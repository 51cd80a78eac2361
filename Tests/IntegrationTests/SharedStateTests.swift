import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Shared state over HTTP", .serialized)
    struct SharedStateTests {
        private static func path(_ id: String, _ rest: String = "") -> String {
            ServerFixture.context(id, "state") + rest
        }

        private static func document(_ server: ServerFixture, _ id: String) throws -> JSONValue {
            try server.request("GET", path(id)).json["document"] ?? .null
        }

        @Test("changes by both kinds of patches, and not at all when a part of one fails")
        func patches() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                let empty = try server.request("GET", Self.path(id))
                #expect(empty.json["document"] == [:] && empty.headers["etag"] == "\"0\"")
                let put = try server.request(
                    "PUT",
                    Self.path(id),
                    body: #"{"a":1,"list":[1,2.0]}"#,
                    headers: ["If-Match": "\"0\""]
                )
                #expect(put.status == 200 && put.headers["etag"] == "\"1\"")
                let patched = try server.patchState(
                    id,
                    [
                        ["op": "test", "path": "/a", "value": .number("1.0")],
                        ["op": "add", "path": "/list/-", "value": ["é": .null]],
                        ["op": "move", "from": "/a", "path": "/b"],
                    ]
                )
                #expect(patched.status == 200 && patched.json["version"] == 2 && patched.json["document"] == nil)
                #expect(try Self.document(server, id).text == #"{"list":[1,2.0,{"é":null}],"b":1}"#)
                let merged = try server.patchState(id, ["b": .null, "c": ["d": 1]], merges: true)
                #expect(merged.json["version"] == 3)
                let before = try server.request("GET", Self.path(id))
                let failed = try server.patchState(
                    id,
                    [["op": "add", "path": "/x", "value": 1], ["op": "test", "path": "/c/d", "value": 2]]
                )
                #expect(failed.status == 422 && failed.code == "PATCH_FAILED", "\(failed.json.text)")
                #expect(failed.json["error"]?["details"]?["operation"] == "1")
                #expect(try server.request("GET", Self.path(id)).body == before.body)

                #expect(try server.request("GET", Self.path(id, "?path=/list/2/%C3%A9")).json["value"] == .null)
                #expect(try server.request("GET", Self.path(id, "?path=/nothing")).code == "STATE_NOT_FOUND")
                #expect(try server.request("GET", Self.path(id, "?path=nothing")).code == "INVALID_REQUEST")
                #expect(
                    try server.request("GET", Self.path(id, "?version=1")).json["document"] == [
                        "a": 1, "list": [1, .number("2.0")],
                    ]
                )
                #expect(try server.request("GET", Self.path(id, "?version=9")).code == "STATE_NOT_FOUND")
                for (body, type, status) in [
                    ("{}", "application/json", 415), ("[{}]", "application/json-patch+json", 400),
                    ("{", "application/merge-patch+json", 400), ("{}", "text/plain", 415),
                ] {
                    let answer = try server.request("PATCH", Self.path(id), body: body, headers: ["Content-Type": type])
                    #expect(answer.status == status, "\(type): \(answer.json.text)")
                }
            }
        }

        @Test("a change that was made to an earlier version is refused, done, or brought together")
        func conflicts() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                #expect(try server.patchState(id, ["a": 1, "b": ["x": 1, "y": 1]], merges: true).status == 200)
                #expect(try server.patchState(id, ["b": ["x": 2]], merges: true).status == 200)
                let mine: JSONValue = [["op": "replace", "path": "/b/y", "value": 9]]
                let refused = try server.patchState(id, mine, query: "?base_version=1")
                #expect(refused.status == 409 && refused.code == "SYNC_CONFLICT")
                #expect(refused.json["error"]?["details"]?["current_version"] == "2")
                let merged = try server.patchState(id, mine, query: "?base_version=1&on_conflict=merge")
                #expect(merged.json["version"] == 3, "\(merged.json.text)")
                #expect(try Self.document(server, id) == ["a": 1, "b": ["x": 2, "y": 9]])
                let both = try server.patchState(
                    id,
                    ["b": ["x": 7]],
                    query: "?base_version=1&on_conflict=merge",
                    merges: true
                )
                #expect(
                    both.code == "SYNC_CONFLICT" && both.json["error"]?["details"]?["paths"] == "/b/x",
                    "\(both.json.text)"
                )
                let last = try server.patchState(
                    id,
                    ["b": ["x": 7]],
                    query: "?base_version=1&on_conflict=last_write_wins",
                    merges: true
                )
                #expect(last.json["version"] == 4)
                #expect(try Self.document(server, id)["b"] == ["x": 7, "y": 9])
                #expect(
                    try server.patchState(id, mine, query: "?base_version=9&on_conflict=last_write_wins").code
                        == "SYNC_CONFLICT"
                )
                #expect(try server.patchState(id, mine, query: "?on_conflict=whatever").code == "INVALID_REQUEST")
            }
        }

        @Test("its changes, done again one after the other, lead to the same document, for any client that missed some")
        func deltas() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                var (random, known) = (SplitMix64(seed: 20), [(version: Int, checksum: String, document: JSONValue)]())
                known.append((0, "", [:]))
                for _ in 0..<60 {
                    let key = "k\(Int.random(in: 0..<8, using: &random))"
                    let value: JSONValue =
                        Bool.random(using: &random)
                        ? .null : ["v": .array((0..<Int.random(in: 0..<6, using: &random)).map(JSONValue.integer))]
                    let patch = JSONValue.object(JSONObject(members: [.init(name: key, value: value)]))
                    let answer = try server.patchState(id, patch, merges: true).json
                    known.append(
                        (
                            try #require(answer["version"]?.integer), try #require(answer["checksum"]?.string),
                            try Self.document(server, id)
                        )
                    )
                }
                let now = try #require(known.last)
                for start in [0, 1, 17, 59, 60] {
                    let delta = try server.request("GET", Self.path(id, "/changes?since=\(start)")).json
                    #expect(delta["snapshot"] == nil && delta["target_version"]?.integer == now.version)
                    let replica = try server.contextID("replica")
                    var version = try server.request("PUT", Self.path(replica), body: known[start].document.text).json
                    for change in delta["changes"]?.array ?? [] {
                        version = try server.patchState(replica, change["operations"] ?? .null).json
                        // Equal documents have equal checksums wherever they are.
                        #expect(version["checksum"] == change["checksum"], "\(change.text)")
                    }
                    #expect(version["checksum"]?.string == now.checksum)
                }
                #expect(try server.request("GET", Self.path(id, "/changes?since=61")).code == "INVALID_REQUEST")
                for earlier in [known[7], known[31]] {
                    let shown = try server.request("GET", Self.path(id, "?version=\(earlier.version)")).json
                    #expect(shown["checksum"]?.string == earlier.checksum)
                }
            }
        }

        @Test("is kept, shown and put back")
        func snapshots() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                #expect(try server.patchState(id, ["a": 1], merges: true).status == 200)
                let taken = try server.request("POST", Self.path(id, "/snapshots"), body: #"{"name":"first"}"#)
                let snapshot = try #require(taken.json["snapshot_id"]?.string)
                #expect(taken.status == 201 && taken.json["version"] == 1)
                #expect(try server.patchState(id, ["a": 2, "b": 3], merges: true).status == 200)
                #expect(try server.request("GET", Self.path(id, "/snapshots")).json["items"]?.array?.count == 1)
                #expect(try server.request("GET", Self.path(id, "/snapshots/\(snapshot)")).json["document"] == ["a": 1])
                let restored = try server.request(
                    "POST",
                    Self.path(id, "/restore"),
                    body: #"{"snapshot_id":"\#(snapshot)"}"#
                )
                #expect(restored.json["version"] == 3 && restored.json["checksum"] == taken.json["checksum"])
                #expect(try Self.document(server, id) == ["a": 1])
                #expect(
                    try server.request("POST", Self.path(id, "/restore"), body: #"{"version":2}"#).json["version"] == 4
                )
                #expect(try Self.document(server, id) == ["a": 2, "b": 3])
                for body in [#"{}"#, #"{"version":1,"snapshot_id":"x"}"#] {
                    #expect(try server.request("POST", Self.path(id, "/restore"), body: body).code == "INVALID_REQUEST")
                }
                #expect(try server.request("DELETE", Self.path(id, "/snapshots/\(snapshot)")).status == 204)
                #expect(try server.request("GET", Self.path(id, "/snapshots/\(snapshot)")).code == "SNAPSHOT_NOT_FOUND")
                let kinds = try server.all(ServerFixture.context(id, "events"), limit: 100)
                    .compactMap { $0["type"]?.string }
                #expect(
                    kinds.count { $0 == "context.state.updated" } == 4 && kinds.contains("context.snapshot.created")
                )
            }
        }

        @Test("a megabyte takes a patch of ten thousand operations, and no more of either")
        func large() async throws {
            try await ServerFixture.with { server in
                let id = try server.contextID()
                let items = (0..<10_000).map { JSONValue.string(String(repeating: "x", count: 95) + String($0)) }
                let document: JSONValue = ["items": .array(items)]
                #expect(document.bytes.count > 1_000_000)
                #expect(try server.request("PUT", Self.path(id), body: document.text).status == 200)
                var operations = (0..<10_000)
                    .map { number -> JSONValue in
                        ["op": "replace", "path": .string("/items/\(number)"), "value": .integer(number)]
                    }
                let patched = try server.patchState(id, .array(operations))
                #expect(patched.status == 200, "\(patched.json.text)")
                #expect(try Self.document(server, id)["items"] == .array((0..<10_000).map(JSONValue.integer)))
                #expect(try server.request("GET", Self.path(id, "?version=1")).json["document"] == document)
                operations.append(["op": "add", "path": "/items/-", "value": 1])
                #expect(try server.patchState(id, .array(operations)).code == "INVALID_REQUEST")
                let huge = JSONValue.string(String(repeating: "y", count: 9 << 20))
                let refused = try server.request("PUT", Self.path(id), body: huge.text)
                #expect(refused.status == 413 && refused.code == "BODY_TOO_LARGE")
            }
        }
    }
}
