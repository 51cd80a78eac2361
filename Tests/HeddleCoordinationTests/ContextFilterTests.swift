import HeddleModel
import HeddleStore
import JSON
import Testing

@testable import HeddleCoordination

/// Filters of every kind on contexts that chance made, held against a look at each of them.
@Suite("Filters of contexts, rare and common, together")
struct ContextFilterTests {
    /// What a test knows of a context.
    private struct Known {
        var type: ContextType
        var owner: String
        var status = ContextStatus.active
        var tags: Set<String>
        var number: Int
        var words: [String]

        /// The body that creates it, with its number for a name.
        func body(_ name: Int) -> String {
            let tags = tags.sorted().map { "\"\($0)\"" }.joined(separator: ",")
            return #"{"name":"n\#(name)","type":"\#(type.rawValue)","owner":{"owner_id":"\#(owner)"},"#
                + #""description":"\#(words.joined(separator: " "))","#
                + #""metadata":{"tags":[\#(tags)],"custom_data":{"number":\#(number)}}}"#
        }

        /// Whether a list of the filter shows it; its name and its tags have words too.
        func has(_ filter: ContextFilter) -> Bool {
            let words = words + tags.flatMap { $0.split(separator: "-").map(String.init) }
            return (filter.type.map { $0 == type } ?? true) && (filter.status.map { $0 == status } ?? true)
                && (filter.ownerID.map { $0 == owner } ?? true)
                && filter.words.allSatisfy { word in words.contains { $0.hasPrefix(word) } }
                && filter.labels.allSatisfy { label in
                    label == .tag(label.tag)
                        ? tags.contains(label.tag) : label == ContextFilterTests.numbers[number]
                }
        }
    }

    /// More than are counted before something is called common.
    private static let count = 2400
    private static let types = [ContextType.collaborative, .parallel, .pipeline]

    /// The labels of the numbers.
    private static let numbers = (0..<52).map { try? ContextLabel(path: "custom_data.number", matching: String($0)) }

    private static func make(_ random: inout some RandomNumberGenerator) -> [Known] {
        (0..<count)
            .map { index in
                var tags: Set<String> = ["every"]
                if index % 2 == 0 { tags.insert("even") }
                if index % 2 == 1 { tags.insert("odd") }
                if index % 3 == 0 { tags.insert("third") }
                if index % 97 == 0 { tags.insert("rare") }
                if index == 1200 { tags.insert("single") }
                tags.insert("block-\(index / 400)")
                return Known(
                    type: index % 151 == 0 ? .pipeline : types[Int.random(in: 0..<2, using: &random)],
                    owner: index % 113 == 0 ? "seldom" : "often",
                    tags: tags,
                    number: index / 20 % 50,
                    words: ["team", index % 2 == 0 ? "alpha" : "alba"] + (index % 101 == 0 ? ["zebra"] : [])
                )
            }
    }

    private static func filters(_ random: inout some RandomNumberGenerator) throws -> [ContextFilter] {
        let tags = ["every", "even", "odd", "third", "rare", "single", "block-2", "none"]
        let words = ["team", "t", "al", "alpha", "zebra", "nothing"]
        return try (0..<150)
            .map { _ in
                var filter = ContextFilter()
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    filter.labels.append(.tag(tags.randomElement(using: &random) ?? ""))
                }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    let number = String(Int.random(in: 0..<52, using: &random))
                    filter.labels.append(try ContextLabel(path: "custom_data.number", matching: number))
                }
                if Int.random(in: 0..<3, using: &random) == 0 {
                    filter.words = Array(words.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)))
                }
                if Int.random(in: 0..<4, using: &random) == 0 { filter.type = types.randomElement(using: &random) }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    filter.status = Bool.random(using: &random) ? .active : .paused
                }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    filter.ownerID = Bool.random(using: &random) ? "seldom" : "often"
                }
                filter.isAscending = Bool.random(using: &random)
                filter.limit = [1, 7, 20, 100].randomElement(using: &random) ?? 20
                return filter
            }
    }

    /// The names on the first pages of a list, and how many there are in all.
    private func list(_ f: ContextFixture, _ filter: ContextFilter) async throws -> (names: [String], total: Int) {
        var filter = filter
        var (names, total): ([String], Int?) = ([], nil)
        for _ in 0..<4 {
            let answer = try await f.contexts.list(f.caller, filter, wantsTotal: true).answer
            let page = try JSONValue(parsing: answer.bytes)
            names += page["items"]?.array?.compactMap { $0["name"]?.string } ?? []
            total = page["total"]?.integer
            guard let cursor = page["next_cursor"]?.string else { break }
            filter.after = Int(cursor, radix: 16)
        }
        return (names, total ?? -1)
    }

    private func compare(_ f: ContextFixture, _ known: [Int: Known], _ filters: [ContextFilter]) async throws {
        for filter in filters {
            let matching = known.filter { $0.value.has(filter) }.keys.sorted()
            let expected = (filter.isAscending ? matching : matching.reversed()).prefix(filter.limit * 4)
            let found = try await list(f, filter)
            #expect(found.names == expected.map { "n\($0)" }, "\(filter)")
            #expect(found.total == matching.count, "\(filter)")
        }
    }

    @Test("find what a look at each context finds, also after changes", arguments: ContextEngine.allCases)
    func combinations(_ engine: ContextEngine) async throws {
        try await engine.withContexts(cached: false) { f in
            var random = SplitMix(state: 20_261_122)
            var known = Dictionary(uniqueKeysWithValues: Self.make(&random).enumerated().map { ($0, $1) })
            var ids: [Context.ID] = []
            for start in stride(from: 0, to: Self.count, by: 800) {
                let bodies = (start..<(start + 800)).compactMap { index in known[index]?.body(index) }
                ids += try await f.contexts.create(f.caller, batch: bodies.map(f.attributes)).map(\.id)
            }
            for index in stride(from: 5, to: Self.count, by: 300) {
                _ = try await f.contexts.update(
                    f.caller,
                    ids[index],
                    merging: f.fields(#"{"status":"paused"}"#),
                    ifVersion: nil
                )
                known[index]?.status = .paused
            }
            try await compare(f, known, Self.filters(&random))

            for index in stride(from: 0, to: Self.count, by: 29) {
                try await f.contexts.delete(f.caller, ids[index], ifVersion: nil)
                known[index] = nil
            }
            for index in stride(from: 1, to: Self.count, by: 31) where known[index] != nil {
                let patch = #"{"description":"zebra","metadata":{"tags":["odd","rare"],"custom_data":{"number":51}}}"#
                _ = try await f.contexts.update(f.caller, ids[index], merging: f.fields(patch), ifVersion: nil)
                known[index]?.tags = ["odd", "rare"]
                known[index]?.number = 51
                known[index]?.words = ["zebra"]
            }
            try await compare(f, known, Self.filters(&random))
            if engine == .sqlite {
                let labels = known.values.reduce(0) { $0 + $1.tags.count + 2 }
                let stored = try await f.store.read { tx in
                    try tx.first("SELECT count(*) AS labels FROM context_label")?.integer("labels")
                }
                #expect(stored == Int64(labels))
            }
        }
    }

    @Test("what only has the number of a label is not shown")
    func collision() async throws {
        try await ContextEngine.sqlite.withContexts(cached: false) { f in
            let right = try await f.create(#"{"name":"right","type":"parallel","metadata":{"tags":["a"]}}"#)
            let wrong = try await f.create(#"{"name":"wrong","type":"parallel","metadata":{"tags":["b"]}}"#)
            let number = ContextLabelRepository.number(.tag("a"), f.caller.tenant)
            try await f.store.write { tx in
                let row = try tx.first(
                    "SELECT sequence FROM context WHERE context_id = $1",
                    [.text(wrong.id.rawValue)]
                )
                try ContextLabelRepository.insert([(row?.integer("sequence") ?? 0, [number])], tx)
            }
            for limit in [1, 20] {
                var filter = ContextFilter()
                filter.labels = [.tag("a")]
                filter.limit = limit
                let page = try await f.contexts.list(f.caller, filter, wantsTotal: false).answer
                #expect(try f.items(page.bytes, "context_id") == [right.id.rawValue])
                #expect(try JSONValue(parsing: page.bytes)["has_more"]?.bool == false)
            }
        }
    }
}

extension ContextLabel {
    /// The text of a tag.
    fileprivate var tag: String { String(value.dropFirst().dropLast()) }
}

/// Chance that is the same each time.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
