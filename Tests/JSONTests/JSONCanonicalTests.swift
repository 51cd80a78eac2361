import HeddleTestSupport
import JSON
import Testing

@Suite("The canonical form of JSON")
struct JSONCanonicalTests {
    static func form(_ text: String) throws -> String {
        var output: [UInt8] = []
        try JSONDocument(text).root.appendCanonical(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static let million = String(repeating: "9", count: 1000)

    @Test(
        "is one text for all texts of a value",
        arguments: [
            ("null", ["null", " null\n"]),
            ("true", ["true"]),
            ("0", ["0", "-0", "0.0", "-0.000", "0.0e5", "0E-99999999999999999999999999"]),
            ("1", ["1", "1.0", "1e0", "10e-1", "0.1e1", "1E+0", "1e-000", "100000e-5"]),
            ("-1", ["-1", "-1.00", "-0.001e3"]),
            ("1e1", ["10", "1e1", "10.0", "0.1e2"]),
            ("15e-1", ["1.5", "15e-1", "0.15e1", "1.50"]),
            ("102e-1", ["10.2", "1.02e1", "102E-01"]),
            ("12345678901234567890123456789", ["12345678901234567890123456789", "1234567890.1234567890123456789e19"]),
            ("1e99999999999999999", ["1e99999999999999999", "0.1e100000000000000000", "10e99999999999999998"]),
            ("1e-99999999999999999", ["1e-99999999999999999", "10e-100000000000000000"]),
            (
                "1e\(million)",
                ["1e\(million)", "10e\(million.dropLast())8", "0.1e1\(million.map { _ in "0" }.joined())"]
            ),
            ("1e-\(million)", ["1e-\(million)", "0.1e-\(million.dropLast())8"]),
            (#""aé\n\"\\/""#, [#""a\u00e9\u000A\"\\\/""#, #""\u0061é\n\u0022\u005c/""#]),
            (#""😀""#, [#""😀""#, #""\ud83d\uDE00""#]),
            ("[]", ["[ ]", "[\n]"]),
            ("{}", ["{ }"]),
            (#"{"a":1,"b":[1,{"c":2,"d":3}]}"#, [#"{"b":[1.0,{"d":3,"c":2}],"a":1}"#]),
            (#"{"":0,"a":1,"aa":2,"b":3}"#, [#"{"b":3,"aa":2,"":0,"a":1}"#, #"{"b":3,"\u0061a":2,"":0,"\u0061":1}"#]),
            (#"{"a":1,"a!":2}"#, [#"{"a!":2,"a":1}"#]),
        ]
    )
    func one(_ canonical: String, _ texts: [String]) throws {
        for text in texts { #expect(try Self.form(text) == canonical, "\(text)") }
        #expect(try Self.form(canonical) == canonical)
    }

    @Test(
        "is another text for another value",
        arguments: [
            ("1", "1.0000000000000000000001"), ("0.1", "0.10000000000000000001"), ("1", "-1"), ("1", "\"1\""),
            ("9007199254740992", "9007199254740993"), ("1e400", "1e401"), ("1e-400", "0"),
            ("1e3000000000", "1e2000000000"), ("1e100000000000000000000", "1e100000000000000000001"),
            ("1e100000000000000000000", "1e-100000000000000000000"), ("null", "false"), ("[]", "{}"),
            ("[[]]", "[[],[]]"),
            ("[[1],2]", "[[1,2]]"), ("\"é\"", "\"e\u{301}\""), ("\"a\"", "\"A\""), (#""\\n""#, #""\n""#),
            (#"{"a":{"b":1}}"#, #"{"a":{},"b":1}"#), (#"{"a":"b"}"#, #"{"b":"a"}"#), ("[1,2]", "[2,1]"),
            (#"{"a":"\",\"b\":\""}"#, #"{"a":"","b":""}"#),
        ]
    )
    func other(_ left: String, _ right: String) throws {
        // By bytes: String's own == also takes canonically equivalent texts for the same.
        #expect(try !Self.form(left).utf8.elementsEqual(Self.form(right).utf8))
    }

    @Test("is appended and takes the part of a document that is asked for")
    func part() throws {
        let document = try JSONDocument(#"{"b":[2.0,{"z":1,"y":1e1}],"a":1}"#)
        var output = Array("k:".utf8)
        try #require(document.root["b"]).appendCanonical(to: &output)
        #expect(String(decoding: output, as: UTF8.self) == #"k:[2,{"y":1e1,"z":1}]"#)
    }

    @Test("takes the deepest nesting and the widest object")
    func large() throws {
        let depth = JSONDocument.maximumDepth
        let deep = String(repeating: #"{"b":0,"a":"#, count: depth) + "1" + String(repeating: "}", count: depth)
        #expect(
            try Self.form(deep)
                == String(repeating: #"{"a":"#, count: depth) + "1" + String(repeating: #","b":0}"#, count: depth)
        )
        let names = (0..<20_000).map { "\"a rather long beginning of each name \($0)\"" }
        let wide = "{" + names.reversed().map { "\($0):1" }.joined(separator: ",") + "}"
        #expect(try Self.form(wide) == "{" + names.sorted().map { "\($0):1" }.joined(separator: ",") + "}")
    }

    @Test("of random values does not depend on how they are written, and tells changed ones apart", arguments: 1...4)
    func random(_ seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        for _ in 0..<500 {
            let tree = JSONTree.random(depth: 0, &generator)
            let (first, second) = (tree.written(&generator), tree.written(&generator))
            let canonical = try Self.form(first)
            #expect(try Self.form(second) == canonical, "\(first)\n\(second)")
            #expect(try Self.form(canonical) == canonical)
            let changed = tree.changed(&generator).written(&generator)
            #expect(try Self.form(changed) != canonical, "\(first)\n\(changed)")
        }
    }
}
