import JSON
import Testing

@Suite("The JSON scanner")
struct JSONScannerTests {
    @Test(
        "accepts what RFC 8259 allows",
        arguments: [
            "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "-0.0", "1e5", "1E+5", "1e-05", "0e0",
            "123456789012345678901234567890", "1e400", "0.1e1", #""""#, #""a""#, #""\"\\\/\b\f\n\r\t""#,
            #""\u0000""#, #""\u00e9\u00E9""#, #""\ud83d\ude00""#, #""\uFFFF""#, "\"\u{7F}\"", "\"é€😀\"",
            "\"\u{7FF}\u{800}\u{FFFF}\u{10FFFF}\"", "[]", "[ ]", "{}", "{ }", "[1,2]", "[[],{}]", #"{"a":1,"b":2}"#,
            #"{"":0}"#, #"{"a":{"a":{"a":1}}}"#, " \t\r\n1 \t\r\n", " { \"a\" : [ 1 , 2 ] } ", #"["a\u0041"]"#,
            #"{"a":1,"A":2}"#, "{\"\u{E9}\":1,\"e\u{301}\":2}",
        ]
    )
    func accepts(_ text: String) throws {
        #expect(try JSONDocument(text).root.bytes.elementsEqual(text.utf8.trimmed))
    }

    @Test(
        "refuses what breaks the grammar, with the rule and the byte",
        arguments: [
            ("", .unexpectedEnd, 0), (" \n", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
            ("nulL", .unexpectedByte, 3),
            ("True", .unexpectedByte, 0), ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0),
            ("'a'", .unexpectedByte, 0), ("\u{FEFF}1", .unexpectedByte, 0), ("\u{A0}1", .unexpectedByte, 0),
            ("-", .invalidNumber, 1), ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("1.", .invalidNumber, 2),
            ("01", .invalidNumber, 1), ("-01", .invalidNumber, 2), ("1e", .invalidNumber, 2),
            ("1e+", .invalidNumber, 3),
            ("1.e1", .invalidNumber, 2), ("--1", .invalidNumber, 1), ("0x10", .trailingBytes, 1),
            ("1 2", .trailingBytes, 2), ("1,", .trailingBytes, 1), ("{}}", .trailingBytes, 2),
            ("[]x", .trailingBytes, 2),
            ("1\u{0}", .trailingBytes, 1), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
            ("[1,", .unexpectedEnd, 3),
            ("[1,]", .unexpectedByte, 3), ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3),
            ("[1}", .unexpectedByte, 2), ("]", .unexpectedByte, 0), ("{", .unexpectedEnd, 1),
            ("{]", .unexpectedByte, 1),
            (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5), (#"{"a":1"#, .unexpectedEnd, 6),
            (#"{"a":1,}"#, .unexpectedByte, 7), (#"{"a",1}"#, .unexpectedByte, 4), (#"{"a" 1}"#, .unexpectedByte, 5),
            ("{a:1}", .unexpectedByte, 1), ("{1:1}", .unexpectedByte, 1), (#"{"a":1]"#, .unexpectedByte, 6),
            (#"{"a":}"#, .unexpectedByte, 5), ("[1]/*c*/", .trailingBytes, 3), ("{,}", .unexpectedByte, 1),
        ] as [(String, JSONError.Reason, Int)]
    )
    func refuses(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(error == JSONError(reason, at: offset))
    }

    @Test(
        "refuses malformed strings",
        arguments: [
            (#"""#, .unexpectedEnd, 1), (#""a"#, .unexpectedEnd, 2), (#""\"#, .unexpectedEnd, 2),
            (#""\""#, .unexpectedEnd, 3), (#""\x""#, .invalidEscape, 1), (#""\'""#, .invalidEscape, 1),
            (#""\U0041""#, .invalidEscape, 1), (#""\u004""#, .invalidEscape, 1), (#""\u00"#, .unexpectedEnd, 5),
            (#""\u00g0""#, .invalidEscape, 1), (#""\u+041""#, .invalidEscape, 1), (#""\ud800""#, .invalidEscape, 1),
            (#""\udc00""#, .invalidEscape, 1), (#""\ud800\ud800""#, .invalidEscape, 1),
            (#""\ud800\n""#, .invalidEscape, 1), (#""\udc00\ud800""#, .invalidEscape, 1),
            (#""\ud800x\udc00""#, .invalidEscape, 1), ("\"\u{0}\"", .controlCharacter, 1),
            ("\"a\nb\"", .controlCharacter, 2), ("\"a\tb\"", .controlCharacter, 2),
            ("\"\u{1F}\"", .controlCharacter, 1),
            ("\"12345678\u{1}\"", .controlCharacter, 9),
        ] as [(String, JSONError.Reason, Int)]
    )
    func refusesStrings(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(error == JSONError(reason, at: offset))
    }

    @Test(
        "refuses bytes that are not UTF-8, wherever they stand in the string",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x98, 0x28],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
        ] as [[UInt8]]
    )
    func refusesEncoding(_ bytes: [UInt8]) {
        for padding in 0..<10 {
            let lead = [UInt8(ascii: "\"")] + Array(repeating: UInt8(ascii: "x"), count: padding)
            let error = #expect(throws: JSONError.self) { try JSONDocument(lead + bytes + [UInt8(ascii: "\"")]) }
            #expect(error == JSONError(.invalidUTF8, at: padding + 1))
            #expect(throws: JSONError.self) { try JSONDocument(lead + bytes) }
        }
    }

    @Test("finds the first byte that is not plain at every place in and around a word", arguments: 0..<40)
    func stopsAtEveryPlace(_ padding: Int) throws {
        let plain = String(repeating: "x", count: padding)
        for special in [#"\n"#, "é", #"\\"#] {
            let text = "\"\(plain)\(special)\(plain)\""
            #expect(try JSONDocument(text).root.bytes.count == text.utf8.count)
        }
        for byte in UInt8.min...UInt8.max where byte < 0x20 || byte >= 0x80 {
            let text = [0x22] + Array(plain.utf8) + [byte] + Array(plain.utf8) + [0x22]
            let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
            #expect(error == JSONError(byte < 0x20 ? .controlCharacter : .invalidUTF8, at: padding + 1))
        }
    }

    @Test("takes 128 levels and refuses 129", arguments: ["[", "{\"a\":"])
    func depth(_ opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        func nested(_ levels: Int) -> String {
            String(repeating: opening, count: levels - 1) + (opening == "[" ? "[]" : "{}")
                + String(repeating: closing, count: levels - 1)
        }
        #expect(throws: Never.self) { try JSONDocument(nested(128)) }
        let error = #expect(throws: JSONError.self) { try JSONDocument(nested(129)) }
        #expect(error == JSONError(.tooDeep, at: opening.utf8.count * 128))
        #expect(throws: Never.self) { try JSONDocument("[" + nested(127) + "," + nested(127) + "]") }
    }

    @Test("refuses a million open brackets at the 129th", arguments: ["[", "{\"a\":[", "{\"\":"])
    func openBrackets(_ opening: String) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(String(repeating: opening, count: 1_000_000)) }
        #expect(error?.reason == .tooDeep)
    }

    @Test(
        "refuses an object that names a member twice",
        arguments: [
            (#"{"a":1,"a":2}"#, 7), (##"{"a":1,"\u0061":2}"##, 7), (##"{"\u0061":1,"a":2}"##, 12),
            (##"{"\u0061":1,"\u0061":2}"##, 12), (#"{"/":1,"\/":2}"#, 7), (#"{"":1,"":2}"#, 6),
            (##"{"é":1,"\u00e9":2}"##, 8), (##"{"😀":1,"\uD83D\uDE00":2}"##, 10), (#"[{"b":{"a":1,"a":1}}]"#, 13),
            (#"{"a":{"a":[{"a":1}]},"b":1,"a":2}"#, 27),
        ]
    )
    func duplicates(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
        #expect(error == JSONError(.duplicateMember, at: offset))
    }

    @Test("finds a duplicate among few and among many members", arguments: [2, 11, 12, 13, 14, 100, 1000])
    func duplicatesAmong(_ count: Int) throws {
        let members = (0..<count).map { #""member \#($0)":[\#($0),{"a":1}]"# }
        #expect(throws: Never.self) { try JSONDocument("{" + members.joined(separator: ",") + "}") }
        for twin in [#""member 0":null"#, ##""\u006dember \##(count - 1)":null"##] {
            let text = "{" + (members + [twin]).joined(separator: ",") + "}"
            let error = #expect(throws: JSONError.self) { try JSONDocument(text) }
            #expect(error == JSONError(.duplicateMember, at: text.utf8.count - twin.utf8.count - 1))
        }
    }

    /// A name and a value for each member, and the object itself.
    private static let mostMembers = (JSONDocument.maximumEntries - 1) / 2

    private func object(members: Int) -> [UInt8] {
        var text: [UInt8] = [UInt8(ascii: "{")]
        text.reserveCapacity(20_000_000)
        for index in 0..<members {
            text.append(contentsOf: "\(index == 0 ? "" : ",")\"\(index)\":\(index)".utf8)
        }
        text.append(UInt8(ascii: "}"))
        return text
    }

    @Test("takes as many members as it holds, and refuses one more")
    func manyMembers() throws {
        let most = Self.mostMembers
        let root = try JSONDocument(object(members: most)).root
        #expect(root.count == most)
        #expect(root.member(String(most - 1))?.integer == most - 1)
        let error = #expect(throws: JSONError.self) { try JSONDocument(object(members: most + 1)) }
        #expect(error?.reason == .tooLarge)
    }

    @Test("describes an error in words, with its place")
    func description() {
        #expect(JSONError(.invalidNumber, at: 7).description == "a malformed number, at byte 7")
    }
}

extension String.UTF8View {
    /// The bytes between the first and the last that are not white space.
    fileprivate var trimmed: [UInt8] {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        return Array(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
