import FoundationEssentials
import HeddleTestSupport
import JSON
import JSONSchema
import Testing

/// Random schemas against random values: both ways of judging agree, and nothing crashes or takes for ever.
@Suite("Random schemas")
struct SchemaFuzzTests {
    /// The same in every run with the same seed.
    private struct Generator: RandomNumberGenerator {
        private var numbers: SplitMix64

        init(state: UInt64) { numbers = SplitMix64(seed: state) }

        mutating func next() -> UInt64 { numbers.next() }

        private static let draft7 = "http://json-schema.org/draft-07/schema#"

        mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
        mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

        mutating func value(_ depth: Int) -> JSONValue {
            switch below(depth > 0 ? 8 : 6) {
            case 0: .null
            case 1: .bool(below(2) == 0)
            case 2: .integer(below(7) - 3)
            case 3: .number(pick(["0.5", "-1.50", "1e2", "1E-2", "123456789012345678901234567890", "1.0", "9e37"]))
            case 4, 5:
                .string(pick(["", "a", "b", "ab", "a b", "é", "😀", "\u{1}\"\\", "2026-11-21", "aaaaaaaaaaaaaaaa!"]))
            case 6: .array((0..<below(5)).map { _ in value(depth - 1) })
            case _: .object(JSONObject(members: names().map { .init(name: $0, value: value(depth - 1)) }))
            }
        }

        mutating func names() -> [String] {
            ["a", "b", "ab", "", "a longer name", "a longer nose", "/~", "\u{E9}", "e\u{301}"]
                .filter { _ in below(3) == 0 }
        }

        mutating func schema(_ depth: Int) -> JSONValue {
            if depth == 0 || below(12) == 0 { return .bool(below(5) > 0) }
            var members: [JSONObject.Member] = []
            for _ in 0..<(1 + below(4)) {
                let (name, value) = keyword(depth - 1)
                if !members.contains(where: { $0.name == name }) { members.append(.init(name: name, value: value)) }
            }
            return .object(JSONObject(members: members))
        }

        private mutating func named(_ depth: Int) -> JSONValue {
            .object(JSONObject(members: names().map { .init(name: $0, value: schema(depth)) }))
        }

        private mutating func schemas(_ depth: Int) -> JSONValue { .array((0...below(3)).map { _ in schema(depth) }) }

        private mutating func keyword(_ depth: Int) -> (String, JSONValue) {
            switch below(14) {
            case 0:
                ("type", .string(pick(["null", "boolean", "integer", "number", "string", "array", "object", "none"])))
            case 1:
                (
                    pick(["minimum", "maximum", "exclusiveMinimum", "multipleOf"]),
                    .number(pick(["0", "1", "0.5", "-2", "3e38", "0.01", "7", "999999999999999999", "1e-300"]))
                )
            case 2: (pick(["minLength", "maxItems", "minProperties", "minContains", "maxLength"]), .integer(below(4)))
            case 3: ("pattern", .string(pick(["^a", "(a+)+$", "[", "\\p{L}", "^\\S*$", "(?=b)", "a{2,}", "a|b|"])))
            case 4: ("enum", .array((0..<below(20)).map { _ in value(2) }))
            case 5: ("const", value(2))
            case 6: ("uniqueItems", .bool(below(2) == 0))
            case 7: (pick(["properties", "patternProperties", "dependentSchemas", "$defs"]), named(depth))
            case 8: (pick(["additionalProperties", "unevaluatedProperties", "propertyNames", "not"]), schema(depth))
            case 9: (pick(["items", "contains", "unevaluatedItems", "if", "then", "else"]), schema(depth))
            case 10: (pick(["allOf", "anyOf", "oneOf", "prefixItems"]), schemas(depth))
            case 11: ("required", .array(names().map(JSONValue.string)))
            case 12: ("$ref", .string(pick(["#", "#/$defs/a", "#/properties/b", "#/items", "#nowhere", "other"])))
            case _:
                (
                    pick(["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$schema", "format"]),
                    .string(pick(["a", "#a", "b", "date", Self.draft7, "http://json-schema.org/schema"]))
                )
            }
        }
    }

    /// How long `make soak` goes on; without it, a number of schemas.
    private static let seconds = ProcessInfo.processInfo.environment["HEDDLE_TEST_FUZZ_SECONDS"].flatMap(Int.init)
    private static let seeds = 8

    @Test("are judged alike with and without a report, in bounded time", arguments: 0..<seeds)
    func agree(seed: Int) throws {
        // A soak begins elsewhere each time, and says where.
        let start = Self.seconds == nil ? 0 : UInt64.random(in: 0..<1 << 40)
        if Self.seconds != nil { print("random schemas from seed \(start + UInt64(seed))") }
        var generator = Generator(state: start + UInt64(seed))
        var (compiled, valid, slowest) = (0, 0, Duration.zero)
        let end = ContinuousClock.now + .seconds((Self.seconds ?? 0) / Self.seeds)
        var count = 0
        while Self.seconds == nil ? count < 250 : ContinuousClock.now < end {
            count += 1
            let text = generator.schema(Self.seconds == nil ? 4 : 3 + count % 3)
            guard let schema = try? JSONSchema(JSONDocument(text.bytes)) else { continue }
            compiled += 1
            for round in 0..<4 {
                // One in a while is long, where work that grows faster than the value would show.
                let isLong = round == 0 && count.isMultiple(of: 50)
                let value = isLong ? .array((0..<2000).map { _ in generator.value(2) }) : generator.value(3)
                let root = try JSONDocument(value.bytes).root
                do throws(SchemaError) {
                    let began = ContinuousClock.now
                    let isValid = try schema.isValid(root)
                    if isLong { slowest = max(slowest, (ContinuousClock.now - began) / value.bytes.count) }
                    let output = try schema.evaluate(root)
                    if isValid { valid += 1 }
                    #expect(output.isValid == isValid, "\(text.text) \(value.text)")
                    #expect(output.violations.isEmpty == isValid, "\(text.text) \(value.text)")
                } catch {
                    #expect(error.reason == .tooCostly || error.reason == .costlyPattern)
                }
            }
        }
        #expect(compiled > 20 && valid > 20)
        if Self.seconds != nil {
            print("\(count) random schemas, \(compiled) of them usable; at most \(slowest) for a byte of a long value")
        }
    }
}
