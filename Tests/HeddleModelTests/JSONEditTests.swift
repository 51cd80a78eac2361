import HeddleModel
import JSON
import Testing

@Suite("A change in a JSON text")
struct JSONEditTests {
    private func edited(_ text: String, _ key: String, _ value: JSONValue?) throws -> String {
        let path = key.split(separator: ".").map(String.init)
        let bytes = try JSONEdit.setting(path, to: value, in: Array(text.utf8), code: .invalidConfiguration)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "touches nothing but its value",
        arguments: [
            (#"{ "a" : 1 , "b" : 2 }"#, "a", "x", #"{ "a" : "x" , "b" : 2 }"#),
            ("{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "a.c", 2, "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": 2\n  }\n}\n"),
            ("{}\n", "a.b", ["x"], "{\"a\": {\"b\":[\"x\"]}}\n"), (#"{"a":null}"#, "a.b", 1, #"{"a":{"b": 1}}"#),
            (#"{"a":1}"#, "b", 2, #"{"a":1, "b": 2}"#), (#"{"a":1,"b":2,"c":3}"#, "b", nil, #"{"a":1,"c":3}"#),
            (#"{"a":1,"b":2}"#, "a", nil, #"{"b":2}"#), (#"{"x":{"a":1}}"#, "x.a", nil, #"{"x":{}}"#),
            (#"{"a":1}"#, "b", nil, #"{"a":1}"#), (#"{"a" : 1}"#, "a", 1, #"{"a" : 1}"#),
        ] as [(String, String, JSONValue?, String)]
    )
    func edits(_ text: String, _ key: String, _ value: JSONValue?, _ expected: String) throws {
        #expect(try edited(text, key, value) == expected)
    }

    @Test("is refused when nothing can hold it")
    func refusals() {
        for text in ["", "[]", "7", #"{"a":[1]}"#, #"{"a":1,"a":2}"#, "{"] {
            let error = #expect(throws: HeddleError.self, "\(text)") { try edited(text, "a.b", 1) }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}
