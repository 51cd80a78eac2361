import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("What a manifest says of calls", .serialized)
    struct ServingRulesTests {
        private static func isHit(_ answer: HTTPAnswer) -> Bool { answer.json["cache"]?["hit"] == true }

        private static func count(_ server: ServerFixture, _ key: String) -> Int {
            Worker.begun(server).count { $0 == key }
        }

        // MARK: Kept results

        @Test("has results kept of what it declares, and takes a tool's own word for a minute")
        func declarations() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["capabilities": [["id": "work", "idempotent": true]]])
                // An idempotent call that is made again is not made, unless something else was in between.
                #expect(try Worker.call(server, "work", ["key": 1]).json["cache"]?["ttl_ms"]?.integer == 60_000)
                #expect(Self.isHit(try Worker.call(server, "work", ["key": 1])))
                #expect(!Self.isHit(try Worker.call(server, "work", ["key": 2])))
                #expect(!Self.isHit(try Worker.call(server, "work", ["key": 1])))
                #expect(Self.isHit(try Worker.call(server, "work", ["key": 1])))
                #expect(Worker.begun(server) == ["1", "2", "1"])
                let read = try Worker.call(server, "hinted_read", ["key": 3])
                #expect(read.json["cache"]?["ttl_ms"]?.integer == 60_000)
                #expect(Self.isHit(try Worker.call(server, "hinted_read", ["key": 3])))
                for tool in ["hinted_open", "hinted_set", "read"] {
                    for _ in 0..<2 { #expect(!Self.isHit(try Worker.call(server, tool, ["key": 4])), "\(tool)") }
                }
            }
            try await ServerFixture.with { server in
                // The manifest's word is the last one.
                try Worker.add(
                    server,
                    [
                        "capabilities": [
                            ["id": "hinted_read", "idempotent": false], ["id": "read", "read_only": true],
                            ["id": "refuse", "read_only": true], ["id": "labelled", "read_only": true],
                        ],
                        "cache": [
                            "ttl_ms": 1, "stale_ms": 60_000, "errors_ttl_ms": 60_000, "capabilities": ["hinted_open"],
                            "scope": "tenant",
                        ],
                    ]
                )
                for _ in 0..<2 { #expect(!Self.isHit(try Worker.call(server, "hinted_read", ["key": 5]))) }
                #expect(try Worker.call(server, "hinted_open", ["key": 6]).json["cache"]?["ttl_ms"]?.integer == 1)
                _ = try Worker.call(server, "read", ["key": "old"])
                usleep(20_000)
                let stale = try Worker.call(server, "read", ["key": "old"])
                #expect(Self.isHit(stale) && stale.json["cache"]?["stale"] == true)
                #expect(eventually { Self.count(server, "\"old\"") == 2 })
                // What failed by its own word.
                for _ in 0..<3 {
                    #expect(try Worker.call(server, "refuse", ["key": "no"]).json["execution_status"] == "failed")
                }
                #expect(Self.count(server, "\"no\"") == 1)
            }
        }

        @Test("cannot have kept what the extension says of a single result that it is not to be")
        func labels() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    ["capabilities": [["id": "labelled", "read_only": true]], "cache": ["scope": "tenant"]]
                )
                func labelled(_ label: JSONValue) throws -> [JSONValue] {
                    try (0..<2)
                        .map { _ in
                            let answer = try Worker.call(server, "labelled", ["key": label, "label": label])
                            #expect(answer.status == 200)
                            return answer.json["cache"] ?? .null
                        }
                }
                #expect(try labelled(["ttlMs": 5000]).first?["ttl_ms"]?.integer == 5000)
                #expect(try labelled(["ttlMs": 0]).last?["hit"] == false)
                #expect(try labelled(["cacheScope": "public"]).last?["hit"] == true)
                // From now on principals do not share; what is kept is kept for each.
                #expect(try labelled(["cacheScope": "private"]).first?["ttl_ms"] == nil)
                #expect(try labelled(["cacheScope": "private", "ttlMs": 4000]).last?["hit"] == true)
            }
        }

        @Test("does not have results kept for long while a call that was given up may still change them")
        func openWrites() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["capabilities": Worker.readOnly])
                #expect(try Worker.call(server, "read", ["key": 1]).json["cache"]?["ttl_ms"]?.integer == 3_600_000)
                let write = try Worker.call(server, "work", ["seconds": 1], options: ["timeout_ms": 100])
                #expect(write.code == "DEADLINE_EXCEEDED")
                #expect(try Worker.call(server, "read", ["key": 1]).json["cache"]?["ttl_ms"]?.integer == 60_000)
                // It has happened now, whether or not somebody waits for its answer.
                #expect(eventually { (try? Self.isHit(Worker.call(server, "read", ["key": 1]))) == false })
                #expect(try Worker.call(server, "read", ["key": 2]).json["cache"]?["ttl_ms"]?.integer == 3_600_000)
            }
        }

        // MARK: Again

        @Test("bounds the tries of a call that others may wait for")
        func tries() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    [
                        "capabilities": [["id": "hang", "read_only": true]],
                        "retry": ["max_retries": 1, "base_ms": 10, "attempt_timeout_ms": 50],
                        "breaker": ["failures": 1000, "minimum_calls": 1000],
                    ]
                )
                let answers = try Worker.together(
                    server,
                    "hang",
                    [JSONValue](repeating: ["key": 1], count: 3),
                    options: ["timeout_ms": 5000]
                )
                #expect(answers.allSatisfy { $0.code == "DEADLINE_EXCEEDED" })
                #expect(Worker.begun(server).count == 2, "\(Worker.begun(server).count)")
            }
        }

        @Test("bounds the tries of all calls together when everything fails")
        func storm() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    [
                        "capabilities": [["id": "hang", "read_only": true]],
                        "retry": ["max_retries": 10, "base_ms": 1, "cap_ms": 5, "attempt_timeout_ms": 40],
                        "breaker": ["failures": 10_000, "minimum_calls": 10_000, "failure_rate_percent": 100],
                    ]
                )
                _ = try Worker.call(server, "work")
                let calls = (0..<200).map { ["key": .integer($0)] as JSONValue }
                let answers = try Worker.together(server, "hang", calls, options: ["timeout_ms": 20_000])
                #expect(answers.allSatisfy { $0.code == "DEADLINE_EXCEEDED" })
                // A fifth of the first tries, and thirty in ten seconds besides; unbounded there would be two thousand.
                let tries = Worker.begun(server).count - 1
                #expect((201...300).contains(tries), "\(tries)")
            }
        }

        // MARK: Who gets a call, and when

        @Test("does not count the time in the queue as the time that a call takes")
        func queueTime() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    [
                        "scaling": ["slots": 2],
                        "breaker": ["slow_call_ms": 1500, "slow_rate_percent": 10, "minimum_calls": 5],
                    ]
                )
                _ = try Worker.call(server, "work")
                let calls = [JSONValue](repeating: ["seconds": .number("0.2")], count: 30)
                for _ in 0..<2 {
                    let answers = try Worker.together(server, "work", calls, options: ["timeout_ms": 20_000])
                    #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.compactMap(\.code))")
                }
            }
        }

        @Test("chooses the process by turns or by a parameter")
        func balancing() async throws {
            for (name, parameter) in [("round_robin", nil), ("consistent_hash", "key")] {
                try await ServerFixture.with { server in
                    var scaling: [JSONObject.Member] = [
                        .init(name: "strategy", value: "horizontal"), .init(name: "min_instances", value: 3),
                        .init(name: "max_instances", value: 3), .init(name: "balancing", value: .string(name)),
                    ]
                    if let parameter { scaling.append(.init(name: "hash_parameter", value: .string(parameter))) }
                    let sections: JSONValue = ["stateless": true, "scaling": .object(JSONObject(members: scaling))]
                    try Worker.add(server, sections)
                    _ = try Worker.call(server, "work")
                    try #require(eventually(seconds: 10) { (try? server.instances(of: "worker").count) == 3 })
                    let processes = try (0..<24)
                        .map { number in
                            try #require(Worker.process(try Worker.call(server, "work", ["key": .integer(number % 8)])))
                        }
                    #expect(Set(processes).count > 1)
                    if parameter == nil {
                        #expect(Set(processes[0..<3]).count == 3 && processes[0..<21] == processes[3..<24])
                    } else {
                        #expect(processes[0..<16] == processes[8..<24])
                    }
                }
            }
        }

        @Test("lets the more important call go first, and bounds one capability without the others")
        func order() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    ["scaling": ["slots": 2], "capabilities": [["id": "slow_here", "max_concurrency": 1]]]
                )
                _ = try Worker.call(server, "work", ["key": 0])
                let path = ServerFixture.invocation("worker", "work")
                func send(_ body: String, _ path: String) throws -> HTTPConnection {
                    let connection = try HTTPConnection(port: server.port)
                    connection.send(server.bytes("POST", path, body: Array(body.utf8)))
                    return connection
                }
                var connections = try (0..<2).map { _ in try send(#"{"parameters":{"key":1,"seconds":1}}"#, path) }
                #expect(eventually { Worker.begun(server).count == 3 })
                func waiting() -> Int? {
                    let found = try? server.request("GET", "/api/v1/statistics?extension=worker&capability=work")
                    return found?.json["items"]?.array?.first?["slots"]?["waiting"]?.integer
                }
                for (number, priority) in ["low", "normal", "high"].enumerated() {
                    let body =
                        #"{"parameters":{"key":"\#(priority)","seconds":0.3},"options":{"priority":"\#(priority)"}}"#
                    connections.append(try send(body, path))
                    #expect(eventually { waiting() == number + 1 })
                }
                for connection in connections { #expect(try connection.answer().status == 200) }
                let order = Worker.begun(server).suffix(3)
                #expect(order.last == "\"low\"", "\(order)")
                // The first of these takes a minute in its process, and no second one is let in; others are.
                let slow = ServerFixture.invocation("worker", "slow_here")
                let held = try (0..<2).map { try send(#"{"parameters":{"key":"s\#($0)"}}"#, slow) }
                #expect(eventually { Worker.begun(server).contains { $0.hasPrefix("\"s") } })
                #expect(try Worker.call(server, "work", ["key": "other"]).status == 200)
                #expect(Worker.begun(server).count { $0.hasPrefix("\"s") } == 1)
                _ = held
            }
        }

        @Test("is not all that bounds calls: a tenant has a bound of its own")
        func tenant() async throws {
            try await ServerFixture.with(environment: ["HEDDLE_LIMITS_TENANT_CALLS": "2"]) { server in
                try Worker.add(server)
                _ = try Worker.call(server, "work")
                let answers = try Worker.together(server, "work", [JSONValue](repeating: ["seconds": 1], count: 3))
                let refused = answers.filter { $0.status != 200 }
                #expect(
                    refused.count == 1 && refused.first?.status == 429 && refused.first?.headers["retry-after"] != nil
                )
            }
        }

        // MARK: What calls leave behind

        @Test("calls that end in the queue leave nothing in memory")
        func queueMemory() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["scaling": ["slots": 1], "breaker": ["failures": 10_000]])
                _ = try Worker.call(server, "work")
                let holding = try HTTPConnection(port: server.port)
                let body = #"{"parameters":{"seconds":100},"options":{"timeout_ms":100000}}"#
                holding.send(
                    server.bytes("POST", ServerFixture.invocation("worker", "work"), body: Array(body.utf8))
                )
                let before = Worker.begun(server).count
                #expect(eventually { Worker.begun(server).count > before || before == 2 })
                let large = JSONValue.object(
                    JSONObject(members: [.init(name: "key", value: .string(String(repeating: "k", count: 200_000)))])
                )
                func round() throws {
                    let answers = try Worker.together(
                        server,
                        "work",
                        [JSONValue](repeating: large, count: 100),
                        options: ["timeout_ms": 200]
                    )
                    #expect(answers.allSatisfy { ["DEADLINE_EXCEEDED", "OVERLOADED"].contains($0.code ?? "") })
                }
                // The first ones fill what the allocator keeps.
                for _ in 0..<2 { try round() }
                let start = server.anonymousKilobytes
                for _ in 0..<6 { try round() }
                let growth = server.anonymousKilobytes - start
                // Six hundred of them would be 120 MB.
                #expect(growth < 40_000, "\(growth) kB more")
            }
        }

        @Test("a batch whose results nobody reads is not worked off")
        func slowReader() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server)
                let items = JSONValue.array(
                    (0..<40).map { ["key": .integer($0), "bytes": .integer(1 << 20)] }
                )
                let body: JSONValue = ["items": items, "options": ["batch_size": 2]]
                let connection = try HTTPConnection(port: server.port, seconds: 60)
                connection.send(
                    server.bytes(
                        "POST",
                        "/api/v1/extensions/worker/capabilities/big/invoke_batch",
                        body: Array(body.text.utf8),
                        headers: ["Accept": "application/x-ndjson"]
                    )
                )
                #expect(eventually { Worker.begun(server).count > 2 })
                usleep(1_500_000)
                // What the buffers of the sockets take is some megabytes.
                let begun = Worker.begun(server).count
                #expect(begun < 30, "\(begun) were begun")
                let answer = try connection.answer()
                #expect(answer.body.count { $0 == 0x0A } == 40 && Worker.begun(server).count == 40)
            }
        }

        @Test("a session's process ends with the session")
        func sessionEnd() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["isolation": "session"])
                let greeting = try server.mcp(
                    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}"#
                )
                let session = ["Mcp-Session-Id": try #require(greeting.headers["mcp-session-id"])]
                let call =
                    #"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"worker__work","arguments":{}}}"#
                #expect(try server.mcp(call, headers: session).status == 200)
                #expect(try server.instances(of: "worker").count == 1)
                #expect(try server.request("DELETE", "/mcp", headers: session).status == 204)
                #expect(eventually { (try? server.instances(of: "worker").isEmpty) == true })
            }
        }
    }
}

extension ServerFixture {
    /// Memory of the server that no file backs.
    fileprivate var anonymousKilobytes: Int {
        let line = readText("/proc/\(process.processID)/smaps_rollup").split(separator: "\n")
            .first { $0.hasPrefix("Anonymous:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
