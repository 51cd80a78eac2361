import JSON
import Testing

@Suite("A view of a JSON value")
struct JSONViewTests {
    private static let text = ##"{"a":1,"long name":[true,null,"x\ty",{"k":[]}],"b":-2.5e1,"\u0065":"\ud83d\ude00é"}"##

    @Test("finds members by name, escaped or not")
    func members() throws {
        let root = try JSONDocument(Self.text).root
        #expect(root.count == 4)
        #expect(root["a"]?.integer == 1)
        #expect(root["long name"]?.count == 4)
        #expect(root["b"]?.double == -25)
        #expect(root["e"]?.string == "😀é")
        #expect(root.member("e")?.string == "😀é")
        #expect(root["c"] == nil)
        #expect(root.member("long") == nil)
        #expect(root.members.map { $0.name.string } == ["a", "long name", "b", "e"])
    }

    @Test("walks elements and skips what they hold")
    func elements() throws {
        let list = try #require(JSONDocument(Self.text).root["long name"])
        let kinds: [JSONKind] = [.bool, .null, .string, .object]
        #expect(list.elements.map(\.kind) == kinds)
        #expect(
            list.elements.map { String(decoding: $0.bytes, as: UTF8.self) } == [
                "true", "null", #""x\ty""#, #"{"k":[]}"#,
            ]
        )
        #expect(Array(list.elements)[2].string == "x\ty")
        #expect(Array(list.elements)[3]["k"]?.count == 0)
    }

    @Test("gives nothing of another kind", arguments: ["null", "true", "7", #""s""#, "[1]", #"{"a":1}"#])
    func otherKinds(_ text: String) throws {
        let view = try JSONDocument(text).root
        #expect((view.string != nil) == (view.kind == .string))
        #expect((view.bool != nil) == (view.kind == .bool))
        #expect((view.integer != nil) == (view.kind == .number))
        #expect((view.double != nil) == (view.kind == .number))
        #expect(view.isNull == (view.kind == .null))
        #expect((view["a"] != nil) == (view.kind == .object))
        #expect((view.member("a") != nil) == (view.kind == .object))
        #expect(view.elements.reduce(0) { count, _ in count + 1 } == (view.kind == .array ? 1 : 0))
        #expect(view.members.reduce(0) { count, _ in count + 1 } == (view.kind == .object ? 1 : 0))
    }

    @Test(
        "reads an integer when the number is whole and fits",
        arguments: [
            ("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("1.0", 1), ("1e3", 1000), ("-0.7e1", -7), ("0e9", 0), ("1.5", nil),
            ("9223372036854775807.0", .max), ("922337203685477580.8e1", nil), ("1e19", nil), ("1e999999999999", nil),
            ("-9.223372036854775808e18", .min),
        ] as [(String, Int?)]
    )
    func integers(_ text: String, _ expected: Int?) throws {
        #expect(try JSONDocument(text).root.integer == expected)
    }

    @Test(
        "decodes escapes",
        arguments: [
            (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"), (#"\u0041\u00e9\u20AC"#, "Aé€"),
            (#"a\ud83d\ude00b"#, "a😀b"), (#"\u0000"#, "\u{0}"), (#"\uFFFF"#, "\u{FFFF}"), ("", ""),
            (#"\udbff\udfff"#, "\u{10FFFF}"), (#"\\u0041"#, #"\u0041"#),
        ]
    )
    func escapes(_ content: String, _ expected: String) throws {
        let view = try JSONDocument("\"\(content)\"").root
        #expect(Array((view.string ?? "?").utf8) == Array(expected.utf8))
        #expect(view.equals(expected))
        #expect(!view.equals(expected + "x"))
    }

    @Test("compares names by bytes, not by canonical equivalence")
    func equivalence() throws {
        let root = try JSONDocument(##"{"e\u0301":1}"##).root
        #expect(root.member("e\u{301}") != nil)
        #expect(root.member("\u{E9}") == nil)
        #expect(root["\u{E9}"] == nil)
        #expect(JSONValue(root)["\u{E9}"] == nil)
    }

    @Test("keeps counts and ranges of nested containers", arguments: [0, 1, 2, 12, 13, 1000])
    func counts(_ count: Int) throws {
        let inner = "[" + (0..<count).map { "[\($0),{\"k\":\($0)}]" }.joined(separator: ",") + "]"
        let root = try JSONDocument("{\"before\":[1,2,3],\"list\":\(inner),\"after\":{}}").root
        let list = try #require(root["list"])
        #expect(list.count == count)
        #expect(String(decoding: list.bytes, as: UTF8.self) == inner)
        #expect(list.elements.allSatisfy { $0.count == 2 })
        #expect(root["before"]?.count == 3)
        #expect(root["after"]?.kind == .object)
    }

    @Test("knows whether line breaks stand between the tokens")
    func lineBreaks() throws {
        #expect(try !JSONDocument(#"{"a":"\n"}"#).hasLineBreaks)
        #expect(try JSONDocument("{\n\"a\":1}").hasLineBreaks)
        #expect(try JSONDocument("1\r").hasLineBreaks)
    }
}
