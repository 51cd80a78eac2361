import Foundation
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite(
        "Vectors over HTTP",
        .serialized,
        .enabled(
            if: ProcessInfo.processInfo.environment["HEDDLE_TEST_VECTORS"] != nil,
            "skipped: HEDDLE_TEST_VECTORS is not set"
        )
    )
    struct VectorTests {
        private static let docs = "/api/v1/vectors/docs"

        private static func create(_ server: ServerFixture) throws {
            let body = #"{"name":"docs","dimension":3,"fields":{"lang":"keyword"}}"#
            let created = try server.request("POST", "/api/v1/vectors", body: body)
            try #require(created.status == 201, "\(created.json.text)")
            #expect(created.json["settings"]?["metric"] == "cosine")
            #expect(try server.request("POST", "/api/v1/vectors", body: body).code == "COLLECTION_ALREADY_EXISTS")
        }

        @Test("live from their collection's creation to its end")
        func life() async throws {
            try await ServerFixture.with { server in
                try Self.create(server)
                let points = """
                    {"points":[{"id":"a","vector":[1,0,0],"payload":{"lang":"swift","n":1e2}},
                    {"id":"b","vector":[0,1,0],"payload":{"lang":"c"}},{"id":"c","vector":[0,0.5,1]}]}
                    """
                let stored = try server.request("PUT", Self.docs + "/points", body: points)
                #expect(stored.json == ["stored": 3, "deleted": 0], "\(stored.json.text)")
                let search = #"{"vector":[0.9,0.1,0],"limit":2,"with_vector":true}"#
                for _ in 0..<2 {
                    let found = try server.request("POST", Self.docs + "/search", body: search)
                    #expect(found.json["items"]?.array?.compactMap { $0["id"]?.string } == ["a", "b"])
                    #expect(found.json["items"]?.array?.first?["payload"]?.text == #"{"lang":"swift","n":1e2}"#)
                }
                let filtered = #"{"vector":[0.9,0.1,0],"filter":{"field":"lang","equals":"c"}}"#
                let only = try server.request("POST", Self.docs + "/search", body: filtered)
                #expect(only.json["items"]?.array?.compactMap { $0["id"]?.string } == ["b"])
                let both = #"{"searches":[{"vector":[1,0,0],"limit":1},{"vector":[0,0,1],"limit":1}]}"#
                let results = try server.request("POST", Self.docs + "/search/batch", body: both).json["results"]?.array
                #expect(results?.compactMap { $0["items"]?.array?.first?["id"]?.string } == ["a", "c"])
                let fetched = try server.request("POST", Self.docs + "/points/fetch", body: #"{"ids":["c","x"]}"#)
                #expect(fetched.json["items"]?.array?.count == 1)
                let deleted = try server.request("POST", Self.docs + "/points/delete", body: #"{"ids":["c","x"]}"#)
                #expect(deleted.json == ["stored": 0, "deleted": 1])
                let page = try server.request("GET", Self.docs + "/points?limit=1")
                #expect(page.json["has_more"] == true)
                #expect(try server.request("POST", Self.docs + "/optimize").json["points"] == 2)
                #expect(try server.request("POST", Self.docs + "/snapshots", body: #"{"name":"one"}"#).status == 201)
                #expect(try server.request("POST", Self.docs + "/snapshots", body: #"{"name":"one"}"#).status == 400)
                #expect(try server.request("GET", "/api/v1/vectors").json["items"] == [["name": "docs"]])
                #expect(try server.request("DELETE", Self.docs).status == 204)
                #expect(try server.request("GET", Self.docs).code == "COLLECTION_NOT_FOUND")
                #expect(try server.request("POST", Self.docs + "/search", body: search).code == "COLLECTION_NOT_FOUND")
            }
        }

        @Test("what cannot be stored or searched is refused by name")
        func refusals() async throws {
            try await ServerFixture.with { server in
                try Self.create(server)
                for body in [
                    #"{"points":[{"id":"a","vector":[1,0]}]}"#, #"{"points":[{"id":"a","vector":[0,0,0]}]}"#,
                    #"{"points":[{"id":"a","vector":[1,0,1e300]}]}"#, #"{"points":[{"id":"","vector":[1,0,0]}]}"#,
                    #"{"points":[{"id":"a","vector":[1,0,0],"payload":[]}]}"#, #"{"points":{}}"#,
                    #"{"points":[{"id":"a","vector":[1,0,0]},{"id":"a","vector":[1,0,0]}]}"#,
                ] {
                    let answer = try server.request("PUT", Self.docs + "/points", body: body)
                    #expect(answer.status == 400 && answer.code == "INVALID_REQUEST", "\(body)")
                }
                for body in [
                    #"{"vector":[1]}"#, #"{"vector":[1,0,0],"limit":10000000}"#, #"{"vector":[1,0,"x"]}"#, "{}",
                    #"{"vector":[1,0,0],"filter":{"field":"nope","equals":1}}"#, #"{"vector":[1,0,0],"recall":2}"#,
                    #"{"vector":[1,0,0],"limit":10000,"offset":1}"#,
                ] {
                    let answer = try server.request("POST", Self.docs + "/search", body: body)
                    #expect(answer.status == 400 && answer.code == "INVALID_REQUEST", "\(body)")
                }
                for body in [#"{"name":"../x","dimension":3}"#, #"{"name":"x","dimension":5000}"#, #"{"name":"x"}"#] {
                    #expect(try server.request("POST", "/api/v1/vectors", body: body).status == 400, "\(body)")
                }
                #expect(try server.request("GET", "/api/v1/vectors/..%2F..").status == 400)
                #expect(try server.request("GET", Self.docs).json["points"] == 0)
            }
        }
    }
}
