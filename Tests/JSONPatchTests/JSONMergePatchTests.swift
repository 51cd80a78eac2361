import JSON
import JSONPatch
import Testing

@Suite("A merge patch")
struct JSONMergePatchTests {
    private static func apply(_ patch: String, to target: String) throws -> String {
        let bytes = try JSONMergePatch(JSONDocument(patch).root).apply(to: JSONDocument(target).root)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "does what RFC 7396 shows in its appendix",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
            (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
            (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"foo"}"#, "null", "null"),
            (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
            (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#), ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ] as [(String, String, String)]
    )
    func appendix(_ target: String, _ patch: String, _ result: String) throws {
        #expect(try Self.apply(patch, to: target) == result)
    }

    @Test("leaves what it does not name as it is written")
    func untouched() throws {
        let target = #"{ "a" : 1.0 , "b":[ 1e400 ],"c":{"x" : 1,"y":2}, "\u0064":null }"#
        #expect(try Self.apply("{}", to: target) == #"{"a" : 1.0 , "b":[ 1e400 ],"c":{"x" : 1,"y":2}, "\u0064":null}"#)
        #expect(
            try Self.apply(#"{"c":{"x":null},"d":0}"#, to: target)
                == #"{"a" : 1.0 , "b":[ 1e400 ],"c":{"y":2},"\u0064":0}"#
        )
        #expect(try Self.apply(#"{"b":{"z":null}}"#, to: target).contains(#""b":{},"#))
        #expect(try Self.apply(#"{"a":null,"b":null,"c":null,"d":null,"e":null}"#, to: target) == "{}")
    }

    @Test("is applied as deep as a document may be")
    func depth() throws {
        let deep = String(repeating: #"{"a":"#, count: 127) + "{}" + String(repeating: "}", count: 127)
        #expect(try Self.apply(deep, to: "1") == deep)
        #expect(try Self.apply(deep, to: deep) == deep)
    }

    /// The algorithm of RFC 7396 §2, word for word.
    private static func model(_ target: JSONValue?, _ patch: JSONValue) -> JSONValue {
        guard let changes = patch.object else { return patch }
        var result = target?.object ?? JSONObject()
        for change in changes.members {
            if change.value == .null {
                result[change.name] = Optional<JSONValue>.none
            } else {
                result[change.name] = model(result[change.name], change.value)
            }
        }
        return .object(result)
    }

    @Test("does what the RFC's algorithm does", arguments: [1, 2] as [UInt64])
    func random(_ seed: UInt64) throws {
        var generator = PatchGenerator(seed: seed)
        for _ in 0..<1000 {
            let target = generator.value()
            let patch = Bool.random(using: &generator) ? generator.value() : generator.changed(target)
            let result = try Self.apply(generator.written(patch), to: generator.written(target))
            #expect(try JSONValue(parsing: Array(result.utf8)).text == Self.model(target, patch).text)
        }
    }
}
