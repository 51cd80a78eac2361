import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The benchmarks", .serialized)
    struct BenchmarkTests {
        @Test("of calls measure every path and lose no call")
        func invoke() async throws {
            try await ScratchDirectory.with { scratch in
                let child = try ChildProcess(
                    [ServerFixture.program, "benchmark", "invoke", "--seconds", "0.1", "--output", "json"],
                    output: scratch.path + "/benchmark.json"
                )
                #expect(child.wait(seconds: 120) == 0, "\(child.text)")
                let result = try JSONValue(parsing: Array(child.text.utf8))
                let rows = result["calls"]?.array ?? []
                let paths = Set(rows.compactMap { $0["path"]?.string })
                #expect(
                    paths == [
                        "pipe", "pipe, sandboxed", "server", "server, sandboxed", "server, MCP", "server, cached",
                    ] && rows.count == 18
                )
                for row in rows {
                    #expect((row["calls_per_second"]?.integer ?? 0) > 0 && row["failed"]?.integer == 0, "\(row.text)")
                }
                #expect(result["facts"]?.array?.count == 6)
            }
        }

        @Test(
            "of registrations, activations and installations lose none",
            arguments: [("registry", 4, 23), ("activate", 8, 26), ("install", 0, 0)]
        )
        func extensions(_ suite: String, _ kinds: Int, _ targets: Int) async throws {
            try await ScratchDirectory.with { scratch in
                let child = try ChildProcess(
                    [ServerFixture.program, "benchmark", suite, "--scale", "0.01", "--output", "json"],
                    output: scratch.path + "/benchmark.json",
                    error: scratch.path + "/benchmark.err"
                )
                #expect(child.wait(seconds: 120) == 0, "\(child.text)")
                #expect(readText(scratch.path + "/benchmark.err") == "", "the server's last words too")
                let result = try JSONValue(parsing: Array(child.text.utf8))
                let rows = result["calls"]?.array ?? []
                #expect(rows.allSatisfy { $0["failed"]?.integer == 0 }, "\(result.text)")
                #expect(rows.count == kinds && (kinds > 0 || result["rows"]?.array?.isEmpty == false), "\(result.text)")
                let shown = result["targets"]?.array ?? []
                #expect(shown.count == targets, "\(result.text)")
                // Only models are not Heddle's.
                for target in shown where target["name"]?.string?.contains("model_") != true {
                    #expect((target["measured"]?.text).flatMap(Double.init) != nil, "\(target.text)")
                }
                if suite == "registry" {
                    let facts = result["facts"]?.array?.compactMap { $0["name"]?.string } ?? []
                    #expect(facts.contains("simple, persist") && facts.contains("simple, resources"), "\(facts)")
                    #expect(facts.contains("discover 200 manifests"), "\(facts)")
                }
                guard suite == "install" else { return }
                let packages = result["packages"]?.array ?? []
                #expect(packages.count == 2, "\(result.text)")
                #expect(
                    packages.allSatisfy { ($0["seconds"]?.double ?? 0) > 0 || $0["absent"] == true },
                    "\(result.text)"
                )
            }
        }

        @Test("of contexts lose no request and hold every figure against what is asked")
        func contexts() async throws {
            try await ScratchDirectory.with { scratch in
                let words = ["benchmark", "contexts", "--seconds", "0.1", "--scale", "0.01", "--output", "json"]
                let child = try ChildProcess(
                    [ServerFixture.program] + words,
                    output: scratch.path + "/benchmark.json",
                    error: scratch.path + "/benchmark.err"
                )
                #expect(child.wait(seconds: 300) == 0, "\(child.text)")
                #expect(readText(scratch.path + "/benchmark.err") == "", "the server's last words too")
                let result = try JSONValue(parsing: Array(child.text.utf8))
                let rows = result["calls"]?.array ?? []
                #expect(rows.count == 34, "\(result.text)")
                for row in rows {
                    #expect((row["calls_per_second"]?.integer ?? -1) >= 0 && row["failed"]?.integer == 0, "\(row.text)")
                }
                let goals = result["goals"]?.array ?? []
                #expect(goals.count == 67, "\(goals.count)")
                // The sharing of commits is measured with a library that needs a C compiler.
                for goal in goals where goal["name"]?.string?.contains("sync delayed") != true {
                    #expect(goal["is_met"]?.bool != nil, "\(goal.text)")
                }
            }
        }

        @Test("of the cache measure hits, fills and keys")
        func cache() async throws {
            try await ScratchDirectory.with { scratch in
                let child = try ChildProcess(
                    [ServerFixture.program, "benchmark", "cache", "--scale", "0.01", "--output", "json"],
                    output: scratch.path + "/benchmark.json"
                )
                #expect(child.wait(seconds: 120) == 0, "\(child.text)")
                let rows = try JSONValue(parsing: Array(child.text.utf8))["rows"]?.array ?? []
                #expect(rows.count == 5 && rows.allSatisfy { ($0["per_second"]?.integer ?? 0) > 0 }, "\(child.text)")
            }
        }

        @Test("of schemas measure each part, and name a folder that has no messages")
        func schema() async throws {
            try await ScratchDirectory.with { scratch in
                let definitions = #"{"$defs":{"Note":{"type":"object","required":["text"]}}}"#
                try scratch.write("messages/schema.json", definitions)
                try scratch.write("messages/examples/Note/one.json", #"{"text":"x"}"#)
                try scratch.write(
                    "draft7/type.json",
                    ##"[{"schema":{"$ref":"#/definitions/a","type":"array","definitions":{"a":{"type":"string"}}},"##
                        + #""tests":[{"data":"x","valid":true},{"data":[],"valid":false}]},"#
                        + #"{"schema":{"$ref":"http://localhost:1234/x"},"tests":[{"data":1,"valid":true}]}]"#
                )
                func run(_ folder: String) throws -> ChildProcess {
                    let words =
                        ["benchmark", "schema", "--seconds", "0.1", "--output", "json", "--messages", folder]
                        + ["--suite", scratch.path + "/draft7"]
                    let output = "\(scratch.path)/\(folder.count).json"
                    let child = try ChildProcess([ServerFixture.program] + words, output: output)
                    #expect(child.wait(seconds: 30) != nil)
                    return child
                }
                let child = try run(scratch.path + "/messages")
                let rows = try JSONValue(parsing: Array(child.text.utf8))["rows"]?.array ?? []
                #expect(rows.allSatisfy { ($0["per_second"]?.integer ?? 0) > 0 }, "\(child.text)")
                #expect(
                    rows.compactMap { $0["name"]?.string }.suffix(4) == [
                        "messages", "messages, compiled", "suite", "suite, compiled",
                    ]
                )
                #expect(try run(scratch.path + "/nothing-here").text.contains("PATH_NOT_READABLE"))
            }
        }
    }
}
