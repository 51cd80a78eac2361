import JSON
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test("puts commas where they belong")
    func commas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("list")
        writer.beginArray()
        writer.integer(-1)
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.string("a")
        writer.endArray()
        writer.name("yes")
        writer.bool(true)
        writer.name("none")
        writer.null()
        writer.name("raw")
        writer.raw(Array("[1]".utf8)[...])
        writer.name("half")
        writer.double(0.5)
        writer.endObject()
        #expect(writer.text == #"{"list":[-1,[],{},"a"],"yes":true,"none":null,"raw":[1],"half":0.5}"#)
    }

    @Test(
        "escapes what must be escaped and nothing else",
        arguments: [
            ("", #""""#), ("a\"b\\c/", #""a\"b\\c/""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{0}\u{1}\u{8}\u{1F}", #""\u0000\u0001\u0008\u001f""#), ("\u{7F}é\u{2028}😀", "\"\u{7F}é\u{2028}😀\""),
        ]
    )
    func strings(_ text: String, _ expected: String) throws {
        var writer = JSONWriter()
        writer.string(text)
        #expect(writer.text == expected)
        #expect(try JSONDocument(writer.bytes).root.string == text)
    }

    @Test("finds what must be escaped wherever it stands in a long text", arguments: 0..<40)
    func longStrings(_ place: Int) throws {
        for special in ["\"", "\\", "\n", "\u{1}", "é", "😀\"", "\u{7F}"] {
            let plain = String(repeating: "abcdefgh", count: 5)
            let text = plain.prefix(place) + special + plain.dropFirst(place)
            var writer = JSONWriter()
            writer.string(String(text))
            #expect(try JSONDocument(writer.bytes).root.string == String(text))
        }
    }

    @Test(
        "writes doubles that read back as themselves",
        arguments: [0, -0.0, 0.1, 1e20, 1e21, 1e-7, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude] as [Double]
    )
    func doubles(_ number: Double) throws {
        var writer = JSONWriter()
        writer.double(number)
        #expect(try JSONDocument(writer.bytes).root.double == number)
    }

    @Test("writes null for what JSON cannot say", arguments: [Double.nan, .infinity, -.infinity])
    func notFinite(_ number: Double) {
        var writer = JSONWriter()
        writer.double(number)
        #expect(writer.text == "null")
    }

    @Test("splices a value without the line breaks between its tokens")
    func splice() throws {
        let document = try JSONDocument("{\r\n  \"a\": [1,\n2],\n\"b\": \"x\\ny\" }")
        var writer = JSONWriter()
        writer.beginArray()
        writer.raw(document.root)
        writer.raw(try #require(document.root["b"]))
        writer.endArray()
        #expect(writer.text == #"[{  "a": [1,2],"b": "x\ny" },"x\ny"]"#)
        #expect(try JSONValue(JSONDocument(writer.bytes).root).array?.first == JSONValue(document.root))
    }

    @Test("splices a value without line breaks byte for byte")
    func spliceExact() throws {
        let text = ##"{ "n" : 1.00e+02 , "s" : "\u0041\/" }"##
        var writer = JSONWriter()
        writer.raw(try JSONDocument(text).root)
        #expect(writer.text == text)
    }
}

extension JSONWriter {
    fileprivate var text: String { String(decoding: bytes, as: UTF8.self) }
}
