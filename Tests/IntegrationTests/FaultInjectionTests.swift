import Dispatch
import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Synchronization
import Testing

extension WholeServer {
    /// Thousands of calls with everything that goes wrong among them, by seeds; `HEDDLE_TEST_CALLS` says how many.
    @Suite("Calls among faults", .serialized)
    struct FaultInjectionTests {
        private static let callers = 16

        /// What came of the calls of all callers.
        private struct Tally {
            var answered: [Int] = []
            var codes: [String: Int] = [:]
            var wrong: [String] = []
            var lost = 0
        }

        /// The tally that all callers share.
        private final class Tallies: Sendable {
            private let tally = Mutex(Tally())

            var value: Tally { tally.withLock { $0 } }

            func change(_ body: (inout Tally) -> Void) { tally.withLock { body(&$0) } }
        }

        private static var calls: Int {
            ProcessInfo.processInfo.environment["HEDDLE_TEST_CALLS"].flatMap { Int($0) } ?? 4000
        }

        private static func add(_ server: ServerFixture) throws {
            let manifest: JSONValue = [
                "name": "worker", "version": "1.0.0",
                "runtime": [
                    "command": ["/usr/bin/python3", .string(server.scratch.path + "/programs/worker.py"), "/data"]
                ],
                "stateless": true, "breaker": ["open_seconds": 1], "retry": ["base_ms": 5],
                "scaling": ["strategy": "horizontal", "min_instances": 3, "max_instances": 4, "slots": 12],
                "capabilities": [["id": "read", "read_only": true]],
            ]
            try server.scratch.write("worker/extension.json", manifest.text)
            let body: JSONValue = ["source": ["kind": "directory", "path": .string(server.scratch.path + "/worker")]]
            let added = try server.request("POST", "/api/v1/extensions", body: body.text)
            try #require(added.status == 201, "\(added.json.text)")
        }

        /// One caller: each call by chance, each with a key of its own.
        private static func run(
            _ caller: Int,
            _ port: Int,
            _ token: String,
            _ count: Int,
            _ tally: Tallies
        ) {
            var random = SplitMix64(seed: UInt64(caller) &* 7919 &+ 17)
            var connection = try? HTTPConnection(port: port)
            for number in 0..<count {
                let key = caller * 1_000_000 + number
                let dice = Int.random(in: 0..<1000, using: &random)
                let (tool, body): (String, String) =
                    switch dice {
                    case ..<700: ("work", #"{"parameters":{"key":\#(key)}}"#)
                    case ..<900: ("read", #"{"parameters":{"key":\#(dice % 10)}}"#)
                    case ..<950: ("work", #"{"parameters":{"key":\#(key),"seconds":0.02},"options":{"timeout_ms":15}}"#)
                    case ..<970: ("hang", #"{"parameters":{},"options":{"timeout_ms":20}}"#)
                    case ..<975: ("die", #"{"parameters":{"key":\#(key)}}"#)
                    default: ("write", "{}")
                    }
                let head = """
                    POST \(ServerFixture.invocation("worker", tool)) HTTP/1.1\r
                    Host: 127.0.0.1:\(port)\r
                    Authorization: Bearer \(token)\r
                    Content-Type: application/json\r
                    Content-Length: \(body.utf8.count)\r
                    \r

                    """
                let bytes = Array((head + body).utf8)
                guard let open = connection, open.send(bytes) else {
                    connection = try? HTTPConnection(port: port)
                    continue
                }
                if dice >= 990 {
                    // A client that goes away in the middle.
                    open.hangUp()
                    connection = try? HTTPConnection(port: port)
                    continue
                }
                guard let answer = try? open.answer() else {
                    tally.change { $0.lost += 1 }
                    connection = try? HTTPConnection(port: port)
                    continue
                }
                let wanted = tool == "read" ? dice % 10 : key
                tally.change { tally in
                    tally.codes[answer.code ?? String(answer.status), default: 0] += 1
                    guard answer.status == 200, tool == "work" || tool == "read" else { return }
                    if answer.structured?["key"]?.integer != wanted { tally.wrong.append(answer.json.text) }
                    if tool == "work" { tally.answered.append(key) }
                }
            }
        }

        @Test("each has one answer of its own, runs at most once, and leaves nothing behind", .timeLimit(.minutes(20)))
        func faults() async throws {
            try await ServerFixture.with { server in
                try Self.add(server)
                let tally = Tallies()
                let callers = DispatchGroup()
                let (port, token) = (server.port, server.token)
                for caller in 0..<Self.callers {
                    // Threads of their own, since each waits for its answers.
                    DispatchQueue.global()
                        .async(group: callers) {
                            Self.run(caller, port, token, Self.calls / Self.callers, tally)
                        }
                }
                var random = SplitMix64(seed: 4711)
                while callers.wait(timeout: .now() + .milliseconds(Int.random(in: 100...400, using: &random)))
                    == .timedOut
                {
                    let pids = (try? server.instances(of: "worker"))?.compactMap { $0["pid"]?.integer } ?? []
                    if let pid = pids.randomElement(using: &random) { kill(pid_t(pid), SIGKILL) }
                }
                let result = tally.value
                #expect(result.lost == 0 && result.wrong.isEmpty, "\(result.lost) \(result.wrong.prefix(3))")
                #expect(result.answered.count > Self.calls / 4, "\(result.codes)")
                let known: Set<String> = [
                    "200", "EXTENSION_CRASHED", "DEADLINE_EXCEEDED", "CIRCUIT_OPEN", "OVERLOADED", "START_BACKOFF",
                    "START_FAILED",
                ]
                #expect(known.isSuperset(of: result.codes.keys), "\(result.codes)")
                // What was begun: each key at most once, and everything that was answered.
                let lines = readText(server.data + "/extensions/default/worker/calls").split(separator: "\n")
                let begun = lines.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.filter { $0 > 9 }
                #expect(Set(begun).count == begun.count, "none ran twice")
                #expect(Set(result.answered.filter { $0 > 9 }).isSubset(of: Set(begun)))
                #expect(
                    eventually(seconds: 10) {
                        let items = (try? server.request("GET", "/api/v1/statistics?extension=worker"))?.json["items"]?
                            .array
                        return items?
                            .allSatisfy { item in
                                item["in_flight"]?.integer == 0 && item["waiting"]?.integer == 0
                                    && item["slots"]?["in_use"]?.integer == 0
                            } ?? false
                    },
                    "every slot is given back"
                )
                #expect(try server.request("GET", "/api/v1/status").json["calls"]?["in_flight"]?.integer == 0)
                _ = try server.request("POST", "/api/v1/breakers/reset", body: "{}")
                sleep(1)
                for _ in 0..<20 { #expect(try server.call("worker", "work").status == 200) }
            }
        }
    }
}
