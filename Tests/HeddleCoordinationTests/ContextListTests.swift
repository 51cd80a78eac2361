import HeddleModel
import JSON
import Testing

@testable import HeddleCoordination

@Suite("Lists of contexts")
struct ContextListTests {
    /// The names on all pages of a list.
    private func names(_ f: ContextFixture, _ change: (inout ContextFilter) throws -> Void) async throws -> [String] {
        var filter = ContextFilter()
        filter.limit = 3
        try change(&filter)
        var names: [String] = []
        while true {
            let page = try JSONValue(parsing: await f.contexts.list(f.caller, filter, wantsTotal: false).answer.bytes)
            names += page["items"]?.array?.compactMap { $0["name"]?.string } ?? []
            guard let cursor = page["next_cursor"]?.string else { return names }
            #expect(page["has_more"]?.bool == true)
            filter.after = Int(cursor, radix: 16)
        }
    }

    private func fill(_ f: ContextFixture) async throws {
        for (name, rest) in [
            (
                "Red apple",
                #""type":"parallel","metadata":{"tags":["fruit","red"],"custom_data":{"weight":5,"place":"Oslo"}}"#
            ),
            ("Green apple", #""type":"parallel","metadata":{"tags":["fruit"],"custom_data":{"weight":5.0}}"#),
            ("Red car", #""type":"pipeline","metadata":{"tags":["red"],"category":"vehicle"}"#),
            ("Äpfel & Birnen", #""type":"pipeline","description":"Obst, 東京","owner":{"owner_id":"bob"}"#),
            ("100%_real", #""type":"broadcast","metadata":{"custom_data":{"a":{"b":true,"c":null}}}"#),
        ] {
            _ = try await f.create(#"{"name":"\#(name)",\#(rest)}"#)
        }
    }

    @Test("come newest first and page by page, each context once", arguments: ContextEngine.allCases)
    func pages(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            for number in 0..<10 { _ = try await f.create(#"{"name":"n\#(number)","type":"parallel"}"#) }
            #expect(try await names(f) { _ in } == (0..<10).reversed().map { "n\($0)" })
            #expect(try await names(f) { $0.isAscending = true } == (0..<10).map { "n\($0)" })
            let page = try await f.contexts.list(f.caller, ContextFilter(), wantsTotal: true).answer
            #expect(try JSONValue(parsing: page.bytes)["total"]?.integer == 10)
        }
    }

    @Test("show what their filters say", arguments: ContextEngine.allCases)
    func filters(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            try await fill(f)
            #expect(try await names(f) { $0.type = .parallel } == ["Green apple", "Red apple"])
            #expect(try await names(f) { $0.ownerID = "bob" } == ["Äpfel & Birnen"])
            #expect(try await names(f) { $0.status = .paused } == [])
            #expect(try await names(f) { $0.labels = [.tag("red")] } == ["Red car", "Red apple"])
            #expect(try await names(f) { $0.labels = [.tag("red"), .tag("fruit")] } == ["Red apple"])
            #expect(try await names(f) { $0.labels = [.tag("re")] } == [])
            for (path, value, found) in [
                ("custom_data.weight", "5", ["Green apple", "Red apple"]), ("custom_data.place", "Oslo", ["Red apple"]),
                ("category", "vehicle", ["Red car"]), ("custom_data.a.b", "true", ["100%_real"]),
                ("custom_data.a.c", "null", ["100%_real"]), ("custom_data.weight", "\"5\"", []),
                ("custom_data", "Oslo", []),
            ] {
                let label = try ContextLabel(path: path, matching: value)
                #expect(try await names(f) { $0.labels = [label] } == found, "\(path)=\(value)")
            }
        }
    }

    @Test("find words and their beginnings in any script", arguments: ContextEngine.allCases)
    func search(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            try await fill(f)
            for (text, found) in [
                ("APPLE", ["Green apple", "Red apple"]), ("red app", ["Red apple"]), ("pple", []),
                ("äpf", ["Äpfel & Birnen"]), ("東", ["Äpfel & Birnen"]), ("obst birnen", ["Äpfel & Birnen"]),
                ("100", ["100%_real"]), ("vehicle", ["Red car"]), ("fruit red", ["Red apple"]),
            ] {
                var terms = SearchTerms()
                terms.add(text)
                #expect(try await names(f) { $0.words = terms.words } == found, "\(text)")
            }
            // What is there no more is not found, and what is new is.
            let page = try await f.contexts.list(f.caller, ContextFilter(), wantsTotal: false).answer
            let id = try #require(Context.ID(rawValue: f.items(page.bytes, "context_id")[0]))
            _ = try await f.contexts.update(f.caller, id, merging: f.fields(#"{"name":"Plum"}"#), ifVersion: nil)
            #expect(try await names(f) { $0.words = ["real"] } == [])
            #expect(try await names(f) { $0.words = ["plum"] } == ["Plum"])
            try await f.contexts.delete(f.caller, id, ifVersion: nil)
            #expect(try await names(f) { $0.words = ["plum"] } == [])
            let label = try ContextLabel(path: "custom_data.a.b", matching: "true")
            #expect(try await names(f) { $0.labels = [label] } == [])
        }
    }

    @Test("are of one tenant", arguments: ContextEngine.allCases)
    func tenants(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            try await fill(f)
            let other = Caller(tenant: TenantID(rawValue: "other"), principal: "eve", scopes: ["*"], origin: .rest)
            var filter = ContextFilter()
            #expect(try await f.items(f.contexts.list(other, filter, wantsTotal: true).answer.bytes, "name") == [])
            filter.words = ["apple"]
            #expect(try await f.items(f.contexts.list(other, filter, wantsTotal: true).answer.bytes, "name") == [])
            filter.words = []
            filter.labels = [.tag("red")]
            #expect(try await f.items(f.contexts.list(other, filter, wantsTotal: true).answer.bytes, "name") == [])
            let page = try await f.contexts.list(f.caller, ContextFilter(), wantsTotal: false).answer
            let id = try #require(Context.ID(rawValue: f.items(page.bytes, "context_id")[0]))
            _ = await expect(.contextNotFound) { _ = try await f.contexts.get(other, id) }
            _ = await expect(.contextNotFound) { try await f.contexts.delete(other, id, ifVersion: nil) }
        }
    }

    @Test("a number that only one engine could hold is refused by both", arguments: ContextEngine.allCases)
    func numbers(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            for number in ["1e200000", "-1e400", "1e-200000"] {
                let body = #"{"name":"A","type":"parallel","metadata":{"custom_data":{"a":\#(number)}}}"#
                _ = await expect(.invalidRequest) { _ = try await f.create(body) }
                _ = await expect(.invalidRequest) { _ = try ContextLabel(path: "custom_data.a", matching: number) }
            }
            _ = try await f.create(#"{"name":"A","type":"parallel","metadata":{"custom_data":{"a":0e-9999}}}"#)
            _ = await expect(.invalidRequest) { _ = try ContextLabel(path: "description", matching: "x") }
        }
    }

    @Test("the newest that comes after one was removed is behind it all the same", arguments: ContextEngine.allCases)
    func sequences(_ engine: ContextEngine) async throws {
        try await engine.withContexts { f in
            _ = try await f.create()
            let second = try await f.create()
            var filter = ContextFilter()
            filter.after = try await f.contexts.exportLines(f.caller, filter, []).last
            try await f.contexts.delete(f.caller, second.id, ifVersion: nil)
            let third = try await f.create()
            let rest = try await f.contexts.exportLines(f.caller, filter, []).lines
            #expect(
                try rest.map { try JSONValue(parsing: $0)["context"]?["context_id"]?.string } == [third.id.rawValue]
            )
        }
    }
}
