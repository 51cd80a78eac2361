import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Calls of an extension", .serialized)
    struct InvocationTests {
        // MARK: Kept results

        @Test("that change nothing are answered from what is kept, until one that may change something")
        func keptResults() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["capabilities": Worker.readOnly])
                let first = try Worker.call(server, "read", ["key": ["a": 1, "b": [1, 2]]])
                #expect(first.json["cache"]?["hit"] == false && first.json["cache"]?["ttl_ms"]?.integer == 3_600_000)
                // Another order, another form of the same numbers.
                let same = try server.request(
                    "POST",
                    ServerFixture.invocation("worker", "read"),
                    body: #"{"parameters":{"key":{"b":[1.0,2e0],"a":10e-1}}}"#
                )
                #expect(same.json["cache"]?["hit"] == true && same.toolText == first.toolText, "\(same.json.text)")
                #expect(same.json["capability_id"] == "read" && same.json["method"] == "tools/call")
                _ = try Worker.call(server, "read", ["key": 2])
                #expect(Worker.begun(server).count == 2)
                let bypassed = try Worker.call(server, "read", ["key": 2], options: ["cache": "bypass"])
                #expect(bypassed.json["cache"]?["hit"] == false && Worker.begun(server).count == 3)
                _ = try Worker.call(server, "read", ["key": 2], options: ["cache": "refresh"])
                #expect(Worker.begun(server).count == 4)
                let hit = try Worker.call(server, "read", ["key": 2], options: ["cache": "only-if-cached"])
                #expect(hit.json["cache"]?["hit"] == true)
                #expect(
                    try Worker.call(server, "read", ["key": 3], options: ["cache": "only-if-cached"]).code
                        == "NOT_CACHED"
                )
                // Others that are not read-only are never kept.
                for _ in 0..<2 { #expect(try Worker.call(server, "work", ["key": 9]).json["cache"]?["hit"] == false) }
                #expect(Worker.begun(server).count == 6)
                #expect(
                    try Worker.call(server, "read", ["key": 2]).json["cache"]?["hit"] == false,
                    "work may change it"
                )
                #expect(try Worker.call(server, "read", ["key": 2]).json["cache"]?["hit"] == true)
                #expect(try Worker.call(server, "write").status == 200)
                #expect(try Worker.call(server, "read", ["key": 2]).json["cache"]?["hit"] == false)
                #expect(try server.request("DELETE", "/api/v1/cache?extension=worker").status == 204)
                #expect(try Worker.call(server, "read", ["key": 2]).json["cache"]?["hit"] == false)
                let short = try Worker.call(server, "read", ["key": 4], options: ["cache_ttl_ms": 1])
                #expect(short.status == 200)
                usleep(20_000)
                #expect(try Worker.call(server, "read", ["key": 4]).json["cache"]?["hit"] == false)
            }
        }

        @Test("by a thousand callers at once for what is not there yet are one start and one call")
        func herd() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["capabilities": Worker.readOnly])
                let parameters = [JSONValue](repeating: ["key": "cold", "seconds": .number("0.3")], count: 1000)
                let answers = try Worker.together(server, "read", parameters)
                #expect(answers.allSatisfy { $0.status == 200 && $0.structured?["key"] == "cold" })
                #expect(Worker.begun(server) == ["\"cold\""])
                #expect(try server.starts(of: "worker") == 1)
            }
        }

        // MARK: Processes

        @Test("are spread over processes where it makes no difference, and a session keeps its own")
        func processes() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    [
                        "stateless": true,
                        "scaling": ["strategy": "horizontal", "max_instances": 3, "calls_per_instance": 2],
                    ]
                )
                _ = try Worker.call(server, "work")
                let slow = [JSONValue](repeating: ["seconds": 1], count: 8)
                _ = try Worker.together(server, "work", slow)
                #expect(try server.instances(of: "worker").count == 3)
                let answers = try Worker.together(server, "work", slow)
                #expect(Set(answers.compactMap(Worker.process)).count == 3)
            }
            try await ServerFixture.with { server in
                try Worker.add(server, ["isolation": "session"])
                var processes: [String: Set<String>] = [:]
                for session in ["a", "b", "a", "b", "a"] {
                    let answer = try Worker.call(server, "work", session: session)
                    processes[session, default: []].insert(try #require(Worker.process(answer)))
                }
                #expect(processes["a"]?.count == 1 && processes["b"]?.count == 1 && processes["a"] != processes["b"])
                #expect(Worker.begun(server).isEmpty, "each session has a folder of its own")
            }
        }

        @Test("all get one answer when a process is killed under them, and none runs twice")
        func killedUnderLoad() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    [
                        "stateless": true,
                        "scaling": ["strategy": "horizontal", "min_instances": 3, "max_instances": 3, "slots": 600],
                    ]
                )
                _ = try Worker.call(server, "work")
                try #require(
                    eventually(seconds: 10) { (try? server.instances(of: "worker").count) == 3 }
                )
                let keys = (0..<500).map { ["key": .integer($0), "seconds": 1] as JSONValue }
                let answers = try Worker.together(server, "work", keys) {
                    #expect(eventually { Worker.begun(server).count > 400 })
                    let victim = try #require(try server.instances(of: "worker").first?["pid"]?.integer)
                    kill(pid_t(victim), SIGKILL)
                }
                let worked = answers.filter { $0.status == 200 }
                let crashed = answers.filter { $0.code == "EXTENSION_CRASHED" }
                #expect(worked.count + crashed.count == 500 && !crashed.isEmpty && worked.count > 250)
                for (index, answer) in answers.enumerated() where answer.status == 200 {
                    #expect(answer.structured?["key"]?.integer == index)
                }
                let begun = Worker.begun(server).filter { $0 != "null" }
                #expect(Set(begun).count == begun.count, "none ran twice")
                // The next ones find the others, or a new one.
                let after = try Worker.together(server, "work", (0..<20).map { ["key": .integer(1000 + $0)] })
                #expect(after.allSatisfy { $0.status == 200 })
            }
        }

        @Test("are made again when that does no harm, and only then")
        func retries() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["capabilities": Worker.readOnly, "retry": ["base_ms": 10]])
                let answer = try Worker.call(server, "die_once", ["key": "x"], options: ["trace": true])
                #expect(answer.status == 200 && answer.json["trace"]?["attempts"]?.integer == 2, "\(answer.json.text)")
                #expect(Worker.begun(server) == ["\"x\"", "\"x\""])
                #expect(try Worker.call(server, "die", ["key": "y"]).code == "EXTENSION_CRASHED")
                #expect(Worker.begun(server).count { $0 == "\"y\"" } == 1)
                let statistics = try server.request("GET", "/api/v1/statistics?extension=worker").json["items"]?.array
                let retries = statistics?.compactMap { $0["retries"]?.integer }.reduce(0, +)
                #expect(retries == 1)
            }
        }

        @Test("that change nothing are asked of a second process when the first takes its time")
        func hedges() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    [
                        "stateless": true, "retry": ["hedge_after_ms": 50],
                        "scaling": ["strategy": "horizontal", "min_instances": 2, "max_instances": 2],
                        "capabilities": [["id": "slow_here", "read_only": true]],
                    ]
                )
                _ = try Worker.call(server, "work")
                try #require(eventually(seconds: 10) { (try? server.instances(of: "worker").count) == 2 })
                for key in 0..<4 {
                    let answer = try Worker.call(
                        server,
                        "slow_here",
                        ["key": .integer(key)],
                        options: ["timeout_ms": 20_000]
                    )
                    #expect(answer.status == 200, "\(answer.json.text)")
                    #expect(Worker.process(answer) != readText(server.data + "/extensions/default/worker/slow"))
                }
                let found = try server.request("GET", "/api/v1/statistics?extension=worker&capability=slow_here")
                let statistics = found.json["items"]?.array?.first
                #expect((1...4).contains(statistics?["hedges"]?.integer ?? 0), "\(statistics?.text ?? "")")
                // What lost is given up and holds nothing.
                #expect(
                    eventually {
                        let now = try? server.request("GET", "/api/v1/statistics?extension=worker&capability=slow_here")
                        let slots = now?.json["items"]?.array?.first?["slots"]
                        return slots?["in_use"]?.integer == 0
                    }
                )
                // With one process there is nobody else to ask.
                #expect(try Worker.call(server, "hang", options: ["timeout_ms": 300]).code == "DEADLINE_EXCEEDED")
            }
        }

        @Test("find another process when theirs fails its health checks")
        func healthChecks() async throws {
            try await ServerFixture.with { server in
                try Worker.add(
                    server,
                    [
                        "health_check": [
                            "capability": "healthy", "interval_seconds": 1, "timeout_seconds": 5,
                            "failure_threshold": 2,
                        ]
                    ]
                )
                let first = try #require(Worker.process(try Worker.call(server, "work")))
                // Long enough for some checks that it passes.
                usleep(2_500_000)
                #expect(Worker.process(try Worker.call(server, "work")) == first)
                let sick = server.data + "/extensions/default/worker/sick"
                try Data().write(to: URL(filePath: sick))
                #expect(eventually(seconds: 15) { (try? server.instances(of: "worker"))?.isEmpty == true })
                try FileManager.default.removeItem(atPath: sick)
                let second = Worker.process(try Worker.call(server, "work"))
                #expect(second != nil && second != first)
                let logs = try server.command("ext", "logs", "worker")
                #expect(logs.output.contains("failed 2 health checks in a row"), "\(logs.output)")
            }
        }

        // MARK: Breakers and bounds

        @Test("that fail five times in a row are not made for a while, others of the extension are")
        func breaker() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server, ["breaker": ["open_seconds": 60]])
                _ = try Worker.call(server, "work")
                for _ in 0..<5 {
                    #expect(try Worker.call(server, "hang", options: ["timeout_ms": 50]).code == "DEADLINE_EXCEEDED")
                }
                let refused = try Worker.call(server, "hang", options: ["timeout_ms": 50])
                #expect(
                    refused.code == "CIRCUIT_OPEN" && refused.status == 503 && refused.headers["retry-after"] != nil
                )
                #expect(try Worker.call(server, "work").status == 200)
                let listed = try server.command("breaker", "list", "worker", "--state", "open")
                #expect(listed.status == 0 && listed.output.contains("hang") && !listed.output.contains("work "))
                let metrics = try server.request("GET", "/metrics")
                #expect(
                    String(decoding: metrics.body, as: UTF8.self)
                        .contains(#"heddle_breaker_state{extension="worker",capability="hang"} 2"#)
                )
                #expect(try server.command("breaker", "reset", "worker/hang").output.contains("worker/hang"))
                let changes = try server.request("GET", "/api/v1/breakers/changes?extension=worker").json["items"]?
                    .array
                #expect(changes?.compactMap { $0["to"]?.string } == ["closed", "open"])
                #expect(changes?.compactMap { $0["reason"]?.string }.last == "consecutive_failures")
                #expect(try server.command("breaker", "changes").output.contains("hang"))
                #expect(try Worker.call(server, "hang", options: ["timeout_ms": 50]).code == "DEADLINE_EXCEEDED")
                // A tool that answers that it failed is no broken extension.
                for _ in 0..<8 { #expect(try Worker.call(server, "refuse").json["execution_status"] == "failed") }
                #expect(
                    try server.request("POST", "/api/v1/breakers/reset", body: #"{"extension":"none"}"#).status == 404
                )
                #expect(server.log.contains("A circuit breaker changed"))
            }
        }

        @Test("beyond the slots wait, and beyond the queue they are refused with the time to come back")
        func bounds() async throws {
            try await ServerFixture.with(environment: ["HEDDLE_LIMITS_CLIENT_CALLS_PER_SECOND": "40"]) { server in
                try Worker.add(
                    server,
                    [
                        "scaling": ["slots": 2], "thresholds": ["queue_length": 2],
                        "capabilities": [["id": "read", "max_concurrency": 1]],
                    ]
                )
                _ = try Worker.call(server, "work")
                let slow = [JSONValue](repeating: ["seconds": .number("0.5")], count: 6)
                let answers = try Worker.together(server, "work", slow)
                let refused = answers.filter { $0.code == "OVERLOADED" }
                #expect(answers.count { $0.status == 200 } == 4 && refused.count == 2, "\(answers.map(\.status))")
                #expect(refused.allSatisfy { $0.status == 503 && $0.headers["retry-after"] != nil })
                // A call that could not begin in time is told so while it waits, and runs never.
                let before = Worker.begun(server).count
                let late = try Worker.together(
                    server,
                    "work",
                    [["seconds": .number("0.6")], ["seconds": .number("0.6")]],
                    options: [:]
                ) {
                    #expect(eventually { Worker.begun(server).count == before + 2 })
                    let answer = try Worker.call(server, "work", options: ["timeout_ms": 100])
                    #expect(["DEADLINE_EXCEEDED", "OVERLOADED"].contains(answer.code ?? ""), "\(answer.json.text)")
                }
                #expect(late.allSatisfy { $0.status == 200 } && Worker.begun(server).count == before + 2)
                let many = try Worker.together(server, "write", [JSONValue](repeating: [:], count: 80))
                #expect(
                    many.contains { $0.code == "RATE_LIMITED" && $0.status == 429 && $0.headers["retry-after"] != nil }
                )
            }
        }

        // MARK: Batches and statistics

        @Test("in a batch keep their order and fail one by one, and are counted")
        func batch() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server)
                let path = "/api/v1/extensions/worker/capabilities/work/invoke_batch"
                let items = JSONValue.array(
                    (0..<25).map { ["key": .integer($0), "seconds": .number("0.05")] } + [["seconds": "no"]]
                )
                let body: JSONValue = ["items": items, "options": ["batch_size": 10]]
                let answer = try server.request("POST", path, body: body.text)
                let results = answer.json["results"]?.array ?? []
                #expect(results.count == 26 && answer.json["batch_count"]?.integer == 3)
                for (index, result) in results.prefix(25).enumerated() {
                    #expect(result["result"]?["structuredContent"]?["key"]?.integer == index)
                }
                #expect(results.last?["error"]?["code"] == "INVALID_PARAMETERS")
                #expect(answer.json["succeeded"]?.integer == 25 && answer.json["failed"]?.integer == 1)
                let lines = try server.request(
                    "POST",
                    path,
                    body: body.text,
                    headers: ["Accept": "application/x-ndjson"]
                )
                let parsed = try lines.body.split(separator: 0x0A).map { try JSONValue(parsing: Array($0)) }
                #expect(Set(parsed.compactMap { $0["index"]?.integer }) == Set(0..<26))
                let unknown = path.replacing("/work/", with: "/nothing/")
                #expect(try server.request("POST", unknown, body: body.text).code == "CAPABILITY_NOT_FOUND")
                #expect(try server.request("POST", path, body: #"{"items":[1]}"#).code == "INVALID_REQUEST")
                let statistics = try server.request("GET", "/api/v1/statistics?extension=worker&capability=work")
                let day = statistics.json["items"]?.array?.first?["last_24_hours"]
                #expect(day?["calls"]?.integer == 52 && day?["failed"]?.integer == 2, "\(statistics.json.text)")
                #expect(day?["failures"]?["rejected"]?.integer == 2)
                let shown = try server.command("cap", "stats", "worker")
                #expect(shown.status == 0 && shown.output.contains("work") && shown.output.contains("52"))
            }
        }

        // MARK: Keys

        @Test("with a key are made once, over a restart too, and are in doubt when nobody knows their end")
        func idempotencyKeys() async throws {
            try await ServerFixture.with { server in
                try Worker.add(server)
                let path = ServerFixture.invocation("worker", "work")
                func send(_ body: String, key: String) throws -> HTTPAnswer {
                    try server.request("POST", path, body: body, headers: ["Idempotency-Key": key])
                }
                let first = try send(#"{"parameters":{"key":1,"seconds":0}}"#, key: "a")
                #expect(first.status == 200 && first.headers["idempotency-replayed"] == nil)
                let again = try send(#"{"parameters":{"seconds":0.0,"key":1}}"#, key: "a")
                #expect(again.body == first.body && again.headers["idempotency-replayed"] == "true")
                #expect(Worker.begun(server).count == 1)
                #expect(try send(#"{"parameters":{"key":2}}"#, key: "a").code == "IDEMPOTENCY_KEY_REUSED")
                #expect(try send(#"{"parameters":{"key":2}}"#, key: "with blank").status == 400)
                // What was not done may come again with its key.
                #expect(try send(#"{"parameters":{"seconds":"x"}}"#, key: "b").code == "INVALID_PARAMETERS")
                #expect(try send(#"{"parameters":{"key":3}}"#, key: "b").status == 200)
                let slow = #"{"parameters":{"key":4,"seconds":2}}"#
                let connection = try HTTPConnection(port: server.port)
                connection.send(server.bytes("POST", path, body: Array(slow.utf8), headers: ["Idempotency-Key": "c"]))
                #expect(eventually { Worker.begun(server).last == "4" })
                #expect(try send(slow, key: "c").code == "IDEMPOTENCY_KEY_IN_USE")
                try server.restart(signal: SIGKILL)
                #expect(try send(slow, key: "c").code == "IDEMPOTENCY_IN_DOUBT")
                #expect(try send(#"{"parameters":{"key":1,"seconds":0}}"#, key: "a").body == first.body)
                #expect(Worker.begun(server) == ["1", "3", "4"])
                let late = try send(#"{"parameters":{"key":5,"seconds":9},"options":{"timeout_ms":300}}"#, key: "d")
                #expect(late.code == "DEADLINE_EXCEEDED")
                let doubtful = try send(#"{"parameters":{"key":5,"seconds":9},"options":{"timeout_ms":300}}"#, key: "d")
                #expect(doubtful.code == "IDEMPOTENCY_IN_DOUBT")
            }
        }
    }
}
