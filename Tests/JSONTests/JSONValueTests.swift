import JSON
import Testing

@Suite("A JSON value as a tree")
struct JSONValueTests {
    @Test(
        "reads and writes the same value",
        arguments: [
            "null", "true", "-12.50e+1", #""a\"b""#, "[]", "{}", #"[1,[2,{"a":[null]}],"x"]"#,
            #"{"z":1,"a":{"n":12345678901234567890},"é":"😀"}"#,
        ]
    )
    func roundTrip(_ text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(value.text == text)
        #expect(try JSONValue(parsing: value.bytes) == value)
    }

    @Test("reads, replaces, appends and removes members in their order")
    func object() {
        var object = JSONObject()
        object["b"] = 1
        object["a"] = "x"
        object["b"] = [true, nil]
        object["c"] = nil
        #expect(JSONValue.object(object).text == #"{"b":[true,null],"a":"x"}"#)
        object["b"] = nil
        #expect(object.members.map(\.name) == ["a"])
        #expect(object["a"]?.string == "x")
    }

    @Test("keeps names apart that differ in bytes only")
    func equivalentNames() {
        var object = JSONObject()
        object["\u{E9}"] = 1
        object["e\u{301}"] = 2
        #expect(object.members.count == 2)
        #expect(object["\u{E9}"]?.integer == 1)
    }

    @Test("gives nothing of another kind")
    func otherKinds() {
        let value: JSONValue = ["n": 7, "s": "t", "b": false, "l": [1]]
        #expect(value["n"]?.integer == 7)
        #expect(value["n"]?.double == 7)
        #expect(value["n"]?.string == nil)
        #expect(value["s"]?.string == "t")
        #expect(value["s"]?.integer == nil)
        #expect(value["b"]?.bool == false)
        #expect(value["l"]?.array?.count == 1)
        #expect(value["l"]?.object == nil)
        #expect(value["none"] == nil)
        #expect(value["s"]?["t"] == nil)
    }
}
