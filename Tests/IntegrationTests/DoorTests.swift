import HeddleModel
import JSON
import Testing

extension WholeServer {
    @Suite("The doors", .serialized)
    struct DoorTests {
        @Test("health needs no token, everything else the right one")
        func token() async throws {
            try await ServerFixture.with { server in
                #expect(try server.request("GET", "/healthz", headers: ["Authorization": ""]).status == 200)
                #expect(try server.request("GET", "/readyz", headers: ["Authorization": ""]).status == 200)
                let wrong = String(server.token.reversed())
                for value in ["", "Bearer \(wrong)", "Bearer ", "Basic \(server.token)", server.token] {
                    for path in ["/api/v1/extensions", "/mcp", "/openapi.json", "/nowhere", "/healthz/"] {
                        let answer = try server.request("GET", path, headers: ["Authorization": value])
                        guard path != "/healthz/" || answer.status != 200 else { continue }
                        #expect(answer.status == 401, "\(path) with '\(value)'")
                        #expect(answer.code == "UNAUTHENTICATED")
                        #expect(answer.headers["www-authenticate"] == "Bearer")
                    }
                }
                #expect(try server.request("GET", "/api/v1/extensions").status == 200)
            }
        }

        @Test("answers only to its own names")
        func origins() async throws {
            try await ServerFixture.with { server in
                let port = server.port
                for host in ["evil.example", "evil.example:\(port)", "127.0.0.1.evil.example", "169.254.1.1"] {
                    let answer = try server.request("GET", "/healthz", headers: ["Host": host])
                    #expect(answer.status == 403 && answer.code == "ORIGIN_DENIED", "\(host)")
                }
                for origin in ["http://evil.example", "https://127.0.0.1.evil.example", "null", "file://"] {
                    let answer = try server.request("GET", "/api/v1/extensions", headers: ["Origin": origin])
                    #expect(answer.status == 403 && answer.code == "ORIGIN_DENIED", "\(origin)")
                }
                for host in ["localhost", "localhost:\(port)", "[::1]:\(port)"] {
                    #expect(try server.request("GET", "/healthz", headers: ["Host": host]).status == 200, "\(host)")
                }
                let own = try server.request("GET", "/api/v1/extensions", headers: ["Origin": server.url])
                #expect(own.status == 200)
            }
        }

        @Test("says which path and which method there is not")
        func routes() async throws {
            try await ServerFixture.with { server in
                for path in ["/", "/api/v1/nowhere", "/api/v2/extensions", "/api/v1/extensions/a/b"] {
                    let answer = try server.request("GET", path)
                    #expect(answer.status == 404 && answer.code == "ROUTE_NOT_FOUND", "\(path)")
                }
                let answer = try server.request("PUT", "/api/v1/extensions", body: "{}")
                #expect(answer.status == 405 && answer.code == "METHOD_NOT_ALLOWED")
                #expect(answer.json["error"]?["details"]?["allow"]?.string?.contains("POST") == true)
            }
        }

        @Test("a change that names an older revision is refused, and nothing is changed")
        func revisions() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let one = "/api/v1/extensions/echo"
                let tag = try #require(try server.request("GET", one).headers["etag"])
                let down = try server.request("POST", one + "/deactivate", headers: ["If-Match": tag])
                #expect(down.status == 200 && down.headers["etag"] != tag)
                for (method, path) in [("POST", one + "/activate"), ("DELETE", one), ("POST", one + "/accept")] {
                    let late = try server.request(method, path, headers: ["If-Match": tag])
                    #expect(late.status == 409 && late.code == "VERSION_CONFLICT", "\(method) \(path)")
                }
                #expect(try server.request("GET", one).headers["etag"] == down.headers["etag"])
                for wrong in ["3", "\"\"", "\"-1\"", "W/\"1\"", "\"x\""] {
                    let answer = try server.request("DELETE", one, headers: ["If-Match": wrong])
                    #expect(answer.status == 400 && answer.code == "INVALID_REQUEST", "\(wrong)")
                }
                #expect(try server.request("POST", one + "/activate", headers: ["If-Match": "*"]).status == 200)
                #expect(try server.echoWorks())
            }
        }

        @Test("every error has a code, a message and the request's id")
        func errors() async throws {
            try await ServerFixture.with { server in
                let first = try server.request("GET", "/api/v1/extensions/nobody")
                let second = try server.request("GET", "/api/v1/extensions/nobody")
                #expect(first.status == 404 && first.code == "EXTENSION_NOT_FOUND")
                #expect(first.json["error"]?["message"]?.string?.contains("nobody") == true)
                let id = try #require(first.json["error"]?["request_id"]?.string)
                #expect(!id.isEmpty && id != second.json["error"]?["request_id"]?.string)
            }
        }

        private static let badBodies: [(name: String, body: String, code: String)] = [
            ("nothing", "", "MALFORMED_JSON"),
            ("no JSON", "name=echo", "MALFORMED_JSON"),
            ("half of an object", #"{"name":"#, "MALFORMED_JSON"),
            ("something after the object", #"{"name":"x"} {}"#, "MALFORMED_JSON"),
            ("a duplicate member", #"{"name":"x","name":"y","source":{}}"#, "MALFORMED_JSON"),
            ("too deep", String(repeating: "[", count: 100_000), "MALFORMED_JSON"),
            ("no object", "[]", "INVALID_REQUEST"),
            ("no source", #"{"name":"x"}"#, "INVALID_REQUEST"),
            (
                "a name of the wrong type", #"{"name":7,"source":{"kind":"command","command":["/bin/true"]}}"#,
                "INVALID_REQUEST"
            ),
            (
                "an unknown field", #"{"name":"x","sauce":1,"source":{"kind":"command","command":["/bin/true"]}}"#,
                "INVALID_REQUEST"
            ),
            ("an unknown kind", #"{"name":"x","source":{"kind":"magic"}}"#, "INVALID_REQUEST"),
            (
                "an unknown field of the source",
                #"{"name":"x","source":{"kind":"command","command":["/bin/true"],"a":1}}"#, "INVALID_REQUEST"
            ),
            ("an empty command", #"{"name":"x","source":{"kind":"command","command":[]}}"#, "INVALID_REQUEST"),
            ("a command of numbers", #"{"name":"x","source":{"kind":"command","command":[1]}}"#, "INVALID_REQUEST"),
            (
                "an unknown grant",
                #"{"name":"x","source":{"kind":"command","command":["/bin/true"]},"grants":{"all":true}}"#,
                "INVALID_REQUEST"
            ),
            (
                "a bad version",
                #"{"name":"x","version":"1.02.3","source":{"kind":"command","command":["/bin/true"]}}"#,
                "INVALID_REQUEST"
            ),
        ]

        @Test("a body that is not what it should be gets a named error and leaves nothing behind")
        func badBodies() async throws {
            try await ServerFixture.with { server in
                for bad in Self.badBodies {
                    let answer = try server.request("POST", "/api/v1/extensions", body: bad.body)
                    #expect(answer.status == 400, "\(bad.name): \(answer.json.text)")
                    #expect(answer.code == bad.code, "\(bad.name): \(answer.json.text)")
                }
                let form = try server.request(
                    "POST",
                    "/api/v1/extensions",
                    body: "name=x",
                    headers: ["Content-Type": "application/x-www-form-urlencoded"]
                )
                #expect(form.status == 415 && form.code == "UNSUPPORTED_MEDIA_TYPE")
                #expect(try server.request("GET", "/api/v1/extensions?total=true").json["total"]?.integer == 0)
            }
        }

        @Test("a name is short, in small letters, and taken once")
        func names() async throws {
            try await ServerFixture.with { server in
                let long = String(repeating: "x", count: 300)
                for name in ["", "Echo", "a b", "a/b", "../a", "é", "a__b", "-a", long] {
                    let answer = try server.register(name, [server.echo])
                    #expect(answer.status == 400, "'\(name)': \(answer.json.text)")
                }
                try server.registerEcho()
                let again = try server.register("echo", [server.echo])
                #expect(again.status == 409 && again.code == "EXTENSION_EXISTS")
                #expect(try server.echoWorks())
            }
        }

        @Test("a body of 100 MB is refused before it is read, announced or in chunks", arguments: [false, true])
        func hugeBody(isChunked: Bool) async throws {
            try await ServerFixture.with { server in
                let length = 100 << 20
                let connection = try HTTPConnection(port: server.port)
                let headers =
                    isChunked
                    ? ["Content-Type": "application/json", "Transfer-Encoding": "chunked"]
                    : ["Content-Type": "application/json", "Content-Length": String(length)]
                connection.send(server.bytes("POST", "/api/v1/extensions", body: nil, headers: headers))
                let part = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
                var sent = 0
                while sent < length {
                    let chunk = isChunked ? Array("100000\r\n".utf8) + part + [13, 10] : part
                    guard connection.send(chunk) else { break }
                    sent += part.count
                }
                if let answer = try? connection.answer() {
                    #expect(answer.status == 413 && answer.code == "BODY_TOO_LARGE", "\(answer.status)")
                } else {
                    // The answer can be lost when the server closes while bytes are on their way; see below.
                    #expect(sent < length, "the server took everything and said nothing")
                }
                #expect(try server.request("GET", "/healthz").status == 200)
            }
        }

        @Test("a client that waits for leave to send 100 MB is told no")
        func announcedBody() async throws {
            try await ServerFixture.with { server in
                let connection = try HTTPConnection(port: server.port, seconds: 10)
                let headers = ["Content-Type": "application/json", "Content-Length": String(100 << 20)]
                connection.send(server.bytes("POST", "/api/v1/extensions", body: nil, headers: headers))
                let answer = try connection.answer()
                #expect(answer.status == 413 && answer.code == "BODY_TOO_LARGE")
            }
        }

        @Test("the description names every route")
        func description() async throws {
            try await ServerFixture.with { server in
                let document = try server.request("GET", "/openapi.json").json
                #expect(document["openapi"]?.string?.hasPrefix("3.1") == true)
                let one = "/api/v1/extensions/{name}"
                let routes: [(String, String)] = [
                    ("/healthz", "get"), ("/readyz", "get"), ("/openapi.json", "get"), ("/api/v1/status", "get"),
                    ("/api/v1/configuration", "get"), ("/api/v1/configuration/reload", "post"),
                    ("/api/v1/shutdown", "post"), ("/api/v1/extensions", "get"),
                    ("/api/v1/extensions", "post"), ("/api/v1/extensions/preview", "post"), (one, "get"),
                    (one, "delete"), (one + "/activate", "post"), (one + "/deactivate", "post"),
                    (one + "/accept", "post"), (one + "/logs", "get"), (one + "/permissions", "get"),
                    ("/api/v1/capabilities", "get"), (one + "/capabilities/{capability}/invoke", "post"),
                    ("/mcp", "post"), ("/mcp", "delete"),
                ]
                for (path, method) in routes {
                    #expect(document["paths"]?[path]?[method]?["responses"] != nil, "\(method) \(path)")
                }
                let codes = Set(
                    document["components"]?["schemas"]?["Error"]?["properties"]?["error"]?["properties"]?["code"]?[
                        "enum"
                    ]?
                    .array?
                    .compactMap(\.string) ?? []
                )
                #expect(codes == Set(HeddleError.Code.allCases.map(\.rawValue)))
            }
        }

        @Test("a list comes in pages that together name each item once")
        func pages() async throws {
            try await ServerFixture.with { server in
                let names = (0..<7).map { "echo-\($0)" }
                for name in names {
                    let body = server.registration(name, [server.echo], activate: false)
                    #expect(try server.request("POST", "/api/v1/extensions", body: body.text).status == 201)
                }
                var found: [String] = []
                var cursor: String? = ""
                var pages = 0
                while let next = cursor, pages < 10 {
                    let page = try server.request("GET", "/api/v1/extensions?limit=3&total=true&cursor=\(next)").json
                    #expect(page["total"]?.integer == 7)
                    found += page["items"]?.array?.compactMap { $0["name"]?.string } ?? []
                    cursor = page["next_cursor"]?.string
                    #expect(page["has_more"]?.bool == (cursor != nil))
                    pages += 1
                }
                #expect(pages == 3)
                #expect(found == names)
                for query in ["limit=0", "limit=101", "limit=x", "cursor=zz", "cursor=6", "cursor=ff"] {
                    let answer = try server.request("GET", "/api/v1/extensions?\(query)")
                    #expect(answer.status == 400 && answer.code == "INVALID_REQUEST", "\(query)")
                }
            }
        }
    }
}
