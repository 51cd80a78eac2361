import HeddleTestSupport
import JSON
import Testing

@Suite("Random JSON")
struct JSONFuzzTests {
    private static let cases = 10_000

    @Test("is read, written and read again as the same value", arguments: [1, 2] as [UInt64])
    func generated(_ seed: UInt64) throws {
        var generator = JSONGenerator(seed: seed)
        for _ in 0..<Self.cases / 2 {
            let text = generator.text()
            #expect(JSONOracle.accepts(text))
            let document = try JSONDocument(text)
            let value = JSONValue(document.root)
            #expect(try JSONValue(parsing: value.bytes) == value)
            var writer = JSONWriter()
            writer.raw(document.root)
            #expect(!writer.bytes.contains(0x0A) && !writer.bytes.contains(0x0D))
            #expect(try JSONValue(parsing: writer.bytes) == value)
        }
    }

    @Test("with mutated bytes is accepted and refused as the grammar says", arguments: [3, 4] as [UInt64])
    func mutated(_ seed: UInt64) throws {
        var generator = JSONGenerator(seed: seed)
        var accepted = 0
        for _ in 0..<Self.cases / 2 {
            let text = generator.mutated(generator.text())
            let document = try? JSONDocument(text)
            #expect((document != nil) == JSONOracle.accepts(text), "\(String(decoding: text, as: UTF8.self))")
            guard let document else { continue }
            accepted += 1
            let value = JSONValue(document.root)
            #expect(try JSONValue(parsing: value.bytes) == value)
        }
        #expect((1..<Self.cases / 2).contains(accepted))
    }
}

/// Makes JSON texts with every feature of the grammar, the same ones for the same seed.
private struct JSONGenerator: RandomNumberGenerator {
    private var numbers: SplitMix64

    init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { numbers.next() }

    mutating func text() -> [UInt8] {
        Array(value(depth: 0).utf8)
    }

    /// One to three bytes changed, removed, inserted or swapped with a token.
    mutating func mutated(_ text: [UInt8]) -> [UInt8] {
        var text = text
        let tokens = [
            "\"", "\\", "\\u", "d83d", "{", "}", "[", "]", ":", ",", "0", "-", "e", ".", "\n", "null", "\u{0}",
        ]
        for _ in 0..<Int.random(in: 1...3, using: &self) {
            let index = Int.random(in: 0...text.count, using: &self)
            switch Int.random(in: 0..<4, using: &self) {
            case 0 where index < text.count: text[index] = UInt8.random(in: 0...255, using: &self)
            case 1 where index < text.count: text.remove(at: index)
            case 2: text.insert(contentsOf: pick(tokens).utf8, at: index)
            default: text.removeSubrange(index...)
            }
        }
        return text
    }

    private mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &self)]
    }

    private mutating func space() -> String {
        pick(["", "", "", "", " ", "\n", "\t", "\r\n", "  "])
    }

    private mutating func value(depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 5 ? 9 : 6), using: &self) {
        case 0: return pick(["null", "true", "false"])
        case 1: return pick(["0", "-0", "1.5", "-1e5", "1E+400", "0.1e-7", "12345678901234567890"])
        case 2: return String(Int.random(in: .min ... .max, using: &self))
        case 3...5: return string()
        case 6:
            let elements = (0..<Int.random(in: 0..<5, using: &self)).map { _ in value(depth: depth + 1) }
            return "[" + space() + elements.joined(separator: space() + "," + space()) + space() + "]"
        default:
            // Up to 20 members, so that both ways of looking for duplicates are taken.
            let count = Int.random(in: 0..<(depth == 0 ? 20 : 5), using: &self)
            let members = (0..<count)
                .map { index in
                    "\"\(index)" + string().dropFirst() + space() + ":" + space() + value(depth: depth + 1)
                }
            return "{" + space() + members.joined(separator: "," + space()) + "}"
        }
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "word", "a longer piece of plain text", "é", "€", "😀", "\u{7F}", "\u{2028}", "\\n", "\\\"", "\\\\",
            "\\/",
            "\\u0041", "\\u00e9", "\\ud83d\\ude00", "\\u0000", "{", "]", ":", ",",
        ]
        return "\"" + (0..<Int.random(in: 0..<6, using: &self)).map { _ in pick(pieces) }.joined() + "\""
    }
}
