import ArgumentParser
import FoundationEssentials
import HeddleClient
import HeddleCommands
import HeddleModel
import HeddleTestSupport
import JSON
import NIOHTTP1
import Synchronization
import Testing

@Suite("The commands of contexts")
struct ContextCommandTests {
    @Test(
        "refuse lines that cannot be meant",
        arguments: [
            ["context", "create"], ["context", "create", "x", "--type", "round"],
            ["context", "create", "x", "--data", "nonsense"], ["context", "create", "x", "--timeout", "soon"],
            ["context", "list", "--status", "bored"], ["context", "list", "--metadata", "nothing"],
            ["context", "list", "--limit", "0"], ["context", "update", "x"],
            ["context", "update", "x", "--replace", "--status", "paused"], ["context", "delete"],
            ["context", "participants", "add", "x"],
            ["context", "participants", "add", "x", "a", "b", "--display-name", "y"],
            ["context", "participants", "update", "x", "y"], ["context", "sessions", "begin", "x"],
            ["context", "sessions", "update", "x", "y"], ["context", "metadata", "set", "x", "k"],
            ["context", "state", "patch", "x"], ["context", "state", "changes", "x"],
            ["context", "state", "patch", "x", "-", "--on-conflict", "merge"],
            ["context", "state", "restore", "x"], ["context", "state", "restore", "x", "y", "--version", "1"],
            ["context", "export"], ["context", "export", "-", "--resume"],
            ["context", "export", "x", "--resume", "--cursor", "1"], ["context", "get", "x", "--format", "yaml"],
            ["export", "context"], ["export", "plan", "x"],
        ]
    )
    func usage(line: [String]) async {
        let status = await HeddleCommand.status(of: line + ["--server", "http://127.0.0.1:1"])
        #expect(status == .usage)
    }

    @Test(
        "end with the status of their error",
        arguments: [
            ("CONTEXT_NOT_FOUND", HTTPResponseStatus.notFound, CommandStatus.notFound),
            ("PARTICIPANT_NOT_FOUND", .notFound, .notFound), ("STATE_NOT_FOUND", .notFound, .notFound),
            ("CONTEXT_FULL", .conflict, .failed), ("VERSION_CONFLICT", .conflict, .failed),
            ("JOIN_REFUSED", .forbidden, .denied), ("INVALID_REQUEST", .badRequest, .usage),
        ]
    )
    func statuses(code: String, status: HTTPResponseStatus, expected: CommandStatus) async throws {
        let body = #"{"error":{"code":"\#(code)","message":"no","details":{},"request_id":"r"}}"#
        try await TinyServer({ _, _ in .init(status: status, body: body) })
            .run { server in
                for line in [
                    ["context", "get", "x"], ["context", "participants", "add", "x", "a"], ["context", "stats"],
                ] {
                    #expect(await HeddleCommand.status(of: line + ["--server", server.address]) == expected)
                }
            }
    }

    @Test("name the filters as the server does")
    func filters() throws {
        let line = [
            "--type", "peer_to_peer", "--status", "paused", "--owner", "me", "--tag", "a", "--tag", "b", "-q",
            "two words",
            "--metadata", "custom_data.x=1=2",
        ]
        let query = try ContextFilterOptions.parse(line).query()
            .compactMap { name, value in value.map { "\(name): \($0)" } }
        #expect(
            query == [
                "type: peer_to_peer", "status: paused", "owner: me", "q: two words", "tag: a", "tag: b",
                "metadata.custom_data.x: 1=2",
            ]
        )
    }

    private func requests(of body: (HeddleClient) async throws -> Void) async throws -> [String] {
        let requests = Mutex<[String]>([])
        let answer: TinyServer.Responder = { head, body in
            let (type, match) = (head.headers.first(name: "content-type"), head.headers.first(name: "if-match"))
            requests.withLock { seen in
                seen.append(
                    [head.method.rawValue, head.uri, type, match, body].compactMap { $0 }.joined(separator: " ")
                )
            }
            return .init(
                body: #"{"context_id":"c","name":"n","status":"s","key":"k","checksum":"x","version":3,"items":[]}"#
            )
        }
        try await TinyServer(answer)
            .run { server in try await HeddleClient.withClient(server: server.address, token: "t", body) }
        return requests.withLock { $0 }
    }

    @Test("ask for what they say, with keys and paths escaped and versions as entity tags")
    func paths() async throws {
        let seen = try await requests { client in
            _ = try await client.updateContext("a/b", ["name": "x"], ifVersion: 7)
            _ = try await client.updateContext("i", ["name": "x"], replaces: true)
            _ = try await client.metadata("a/b %ü😀", of: "i")
            _ = try await client.state(of: "i", path: "/a b", version: 2)
            _ = try await client.patchState(of: "i", [], merges: false, .init(version: 1, strategy: "merge"))
            _ = try await client.patchState(of: "i", [:], merges: true)
        }
        #expect(
            seen == [
                #"PATCH /api/v1/contexts/a%2Fb application/json "7" {"name":"x"}"#,
                #"PUT /api/v1/contexts/i application/json {"name":"x"}"#,
                "GET /api/v1/contexts/i/metadata/a%2Fb%20%25%C3%BC%F0%9F%98%80 ",
                "GET /api/v1/contexts/i/state?path=%2Fa%20b&version=2 ",
                "PATCH /api/v1/contexts/i/state?base_version=1&on_conflict=merge application/json-patch+json []",
                "PATCH /api/v1/contexts/i/state application/merge-patch+json {}",
            ]
        )
    }

    @Test("follow a list no further than they were asked to")
    func limits() async throws {
        let requests = Mutex<[String]>([])
        let item = #"{"context_id":"c","name":"n","status":"s"}"#
        let answer: TinyServer.Responder = { head, _ in
            requests.withLock { $0.append(String(head.uri.drop { $0 != "?" })) }
            let count = head.uri.contains("limit=50") ? 50 : 100
            let items = Array(repeating: item, count: count).joined(separator: ",")
            return .init(body: #"{"items":[\#(items)],"next_cursor":"f","has_more":true}"#)
        }
        try await TinyServer(answer)
            .run { server in
                try await HeddleClient.withClient(server: server.address, token: "t") { client in
                    let page = try await client.contexts(matching: [("tag", "x")], limit: 250)
                    #expect(page.items.count == 250 && page.nextCursor == "f" && page.hasMore)
                }
            }
        #expect(
            requests.withLock { $0 } == ["?tag=x&limit=100", "?tag=x&limit=100&cursor=f", "?tag=x&limit=50&cursor=f"]
        )
    }

    // MARK: Files of lines

    @Test(
        "go on behind the last whole line of an export",
        arguments: [
            ("", nil, ""), ("{\"cursor\":\"1", nil, ""),
            ("{\"cursor\":\"1f\",\"context\":{}}\n", "1f", "{\"cursor\":\"1f\",\"context\":{}}\n"),
            (
                "{\"cursor\":\"1\"}\n{\"cursor\":\"2\"}\n{\"cursor\":\"3", "2",
                "{\"cursor\":\"1\"}\n{\"cursor\":\"2\"}\n"
            ),
        ]
    )
    func resumed(_ text: String, _ cursor: String?, _ kept: String) async throws {
        try await ScratchDirectory.with { scratch in
            let path = scratch.path + "/export"
            try Data(text.utf8).write(to: URL(filePath: path))
            #expect(try LineFile(path, resumes: true).cursor == cursor)
            #expect(try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self) == kept)
            #expect(try LineFile(path, resumes: false).cursor == nil)
            // What is there goes when there is something to put in its place.
            #expect(try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self) == kept)
        }
    }

    @Test("find that line behind one of megabytes, and leave other files alone")
    func resumedLarge() async throws {
        try await ScratchDirectory.with { scratch in
            let path = scratch.path + "/export"
            let long = #"{"cursor":"a","x":""# + String(repeating: "y", count: 300_000) + "\"}\n"
            try Data((long + String(repeating: "z", count: 200_000)).utf8).write(to: URL(filePath: path))
            #expect(try LineFile(path, resumes: true).cursor == "a")
            #expect(try Data(contentsOf: URL(filePath: path)).count == long.utf8.count)
            try Data("something\nelse\n".utf8).write(to: URL(filePath: path))
            let error = #expect(throws: HeddleError.self) { try LineFile(path, resumes: true) }
            #expect(error?.code == .invalidRequest)
            #expect(try String(decoding: Data(contentsOf: URL(filePath: path)), as: UTF8.self) == "something\nelse\n")
            let missing = #expect(throws: HeddleError.self) { try LineFile(scratch.path + "/no/file", resumes: true) }
            #expect(missing?.code == .pathNotReadable)
        }
    }

    @Test("send a file as it is read and tell how far it is")
    func upload() async throws {
        try await ScratchDirectory.with { scratch in
            let path = scratch.path + "/lines"
            let line = #"{"name":"x"}"# + "\n"
            try Data(String(repeating: line, count: 50_000).utf8).write(to: URL(filePath: path))
            let received = Mutex((type: "", size: 0))
            let answer: TinyServer.Responder = { head, body in
                received.withLock { $0 = (head.headers.first(name: "content-type") ?? "", body.utf8.count) }
                return .init(
                    body:
                        #"{"lines":2,"created":1,"skipped":0,"failed":1,"errors":[{"line":2,"code":"C","message":"m"}]}"#
                )
            }
            let count = TransferCount()
            try await TinyServer(answer)
                .run { server in
                    try await HeddleClient.withClient(server: server.address, token: "t") { client in
                        let report = try await client.importContexts(from: path, skipsKnown: true, count)
                        #expect(report.created == 1 && report.failed == 1)
                        #expect(report.failures.map(\.line) == [2])
                    }
                    #expect(
                        await HeddleCommand.status(of: ["context", "import", path, "--server", server.address])
                            == .failed
                    )
                }
            #expect(received.withLock { $0.type == "application/x-ndjson" && $0.size == line.utf8.count * 50_000 })
            #expect(count.bytes == line.utf8.count * 50_000)
        }
    }
}
