import HeddleModel
import JSON
import Testing

@testable import HeddleCoordination

@Suite("Contexts that move")
struct ContextTransferTests {
    private func imported(_ f: ContextFixture, _ lines: [String], skips: Bool = false) async throws
        -> ContextService.ImportReport
    {
        var report = ContextService.ImportReport()
        let numbered = lines.enumerated().map { (number: $0 + 1, bytes: Array($1.utf8)) }
        try await f.contexts.importLines(f.caller, numbered, skipsKnown: skips, &report)
        return report
    }

    private func exported(_ f: ContextFixture, _ limit: Int = 2) async throws -> [String] {
        var (filter, lines) = (ContextFilter(), [String]())
        filter.limit = limit
        while true {
            let (some, last) = try await f.contexts.exportLines(f.caller, filter, .all)
            lines += some.map { String(decoding: $0, as: UTF8.self) }
            guard let last else { return lines }
            filter.after = last
        }
    }

    @Test("what is exported and imported elsewhere is the same", arguments: ContextEngine.allCases)
    func roundTrip(_ engine: ContextEngine) async throws {
        var lines: [String] = []
        try await engine.withContexts { f in
            for number in 0..<5 {
                let body =
                    #"{"name":"n\#(number)","type":"parallel","metadata":{"tags":["t"],"custom_data":{"x":1.0}}}"#
                let id = try await f.create(body).id
                let joined = try await f.contexts.join(f.caller, id, f.joining("a", "b", body: #","roles":["admin"]"#))
                let session = #"{"name":"s","participants":["\#(joined[0].id)"]}"#
                _ = try await f.contexts.beginSession(f.caller, id, SessionAttributes(f.fields(session)))
                let draft = try MetadataItem.Draft(f.fields(#"{"value":{"deep":[1]},"description":"d"}"#))
                _ = try await f.contexts.putMetadata(f.caller, id, "key", draft, ifVersion: nil)
                let document = try JSONDocument(Array(#"{"state":\#(number)}"#.utf8))
                _ = try await f.contexts.change(
                    f.caller,
                    id,
                    StateChange(.replace(document), base: nil, strategy: .reject)
                )
            }
            lines = try await exported(f)
        }
        #expect(lines.count == 5)
        try await engine.withContexts { f in
            let report = try await imported(f, lines)
            #expect(report.created == 5)
            #expect(report.failures.isEmpty)
            #expect(try await exported(f) == lines)
            #expect(try await imported(f, lines, skips: true).skipped == 5)
            #expect(
                try await imported(f, lines).failures.map(\.error.code) == Array(repeating: .contextExists, count: 5)
            )
        }
    }

    @Test("a bad line is told of, and the others are stored", arguments: ContextEngine.allCases)
    func badLines(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            let id = Context.ID()
            let report = try await imported(
                f,
                [
                    #"{"name":"good","type":"parallel"}"#, #"{"name":"","type":"parallel"}"#, "not json",
                    #"{"name":"id","type":"parallel","context_id":"\#(id)"}"#,
                    #"{"name":"same","type":"parallel","context_id":"\#(id)"}"#,
                    #"{"name":"bad id","type":"parallel","context_id":"7"}"#,
                    #"{"context":{"name":"crowd","type":"parallel","configuration":{"max_participants":1}},"participants":[{"agent_id":"a"},{"agent_id":"b"}]}"#,
                    #"{"name":"time","type":"parallel","created_at":"yesterday"}"#, "[]",
                ]
            )
            #expect(report.created == 2)
            #expect(report.failures.map(\.line).sorted() == [2, 3, 5, 6, 7, 8, 9])
            let statistics = try JSONValue(parsing: await f.contexts.statistics(f.caller).answer.bytes)
            #expect(statistics["total_contexts"]?.integer == 2)
        }
    }

    @Test("an interrupted export goes on behind its last line", arguments: ContextEngine.allCases)
    func resumed(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            _ = try await f.contexts.create(f.caller, batch: (0..<9).map { _ in try f.attributes() })
            let whole = try await exported(f)
            var filter = ContextFilter()
            filter.limit = 100
            let cursor = try #require(JSONValue(parsing: Array(whole[3].utf8))["cursor"]?.string)
            filter.after = Int(cursor, radix: 16)
            let rest = try await f.contexts.exportLines(f.caller, filter, .all).lines
            #expect(rest.map { String(decoding: $0, as: UTF8.self) } == Array(whole[4...]))
        }
    }
}
