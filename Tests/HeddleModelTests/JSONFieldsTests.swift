import HeddleModel
import JSON
import Testing

@Suite("Fields read from JSON")
struct JSONFieldsTests {
    private static func fields(_ text: String) throws(HeddleError) -> JSONFields {
        try JSONFields(parsing: Array(text.utf8), code: .invalidRequest)
    }

    private enum Colour: String, CaseIterable {
        case red
        case blue
    }

    @Test("give what is there and nothing for what is missing or null")
    func reads() throws {
        let fields = try Self.fields(
            #"{"s":"x","n":3,"b":true,"l":["a","b"],"m":{"k":"v"},"o":{"p":1},"c":"blue","z":null}"#
        )
        #expect(try fields.string("s") == "x")
        #expect(try fields.integerIfPresent("n") == 3)
        #expect(try fields.boolIfPresent("b") == true)
        #expect(try fields.strings("l") == ["a", "b"])
        #expect(try fields.stringMap("m") == ["k": "v"])
        #expect(try fields.fields("o").integerIfPresent("p") == 1)
        #expect(try fields.choice("c", default: Colour.red) == .blue)
        #expect(fields.view("z")?.isNull == true)
        for name in ["z", "none"] {
            #expect(try fields.stringIfPresent(name) == nil)
            #expect(try fields.integerIfPresent(name) == nil)
            #expect(try fields.boolIfPresent(name) == nil)
            #expect(try fields.strings(name).isEmpty)
            #expect(try fields.stringMap(name).isEmpty)
            #expect(try fields.fieldsIfPresent(name) == nil)
            #expect(try fields.choice(name, default: Colour.red) == .red)
        }
    }

    @Test("name the field of every mismatch, with the path to it")
    func mismatches() throws {
        let outer = try Self.fields(#"{"in":{"s":1,"n":"1","b":0,"l":[1],"m":{"k":1},"o":[],"c":"green"}}"#)
        let fields = try outer.fields("in")
        let readers: [(String, () throws -> Void)] = [
            ("s", { _ = try fields.string("s") }),
            ("s", { _ = try fields.stringIfPresent("s") }),
            ("n", { _ = try fields.integerIfPresent("n") }),
            ("b", { _ = try fields.boolIfPresent("b") }),
            ("l", { _ = try fields.strings("l") }),
            ("m", { _ = try fields.stringMap("m") }),
            ("o", { _ = try fields.fieldsIfPresent("o") }),
            ("c", { _ = try fields.choice("c", default: Colour.red) }),
            ("none", { _ = try fields.string("none") }),
            ("none", { _ = try fields.fields("none") }),
        ]
        for (name, read) in readers {
            let error = #expect(throws: HeddleError.self) { try read() }
            #expect(error?.code == .invalidRequest)
            #expect(error?.details["field"] == "in.\(name)")
            #expect(error?.message.contains("'in.\(name)'") == true)
        }
    }

    @Test("say where a text stops being JSON")
    func malformed() {
        let error = #expect(throws: HeddleError.self) { try Self.fields(#"{"a":01}"#) }
        #expect(error?.code == .malformedJSON)
        #expect(error?.details == ["reason": "invalidNumber", "offset": "6"])
    }

    @Test("are of an object only", arguments: ["[]", "1", "null", #""x""#])
    func notAnObject(_ text: String) {
        let error = #expect(throws: HeddleError.self) { try Self.fields(text) }
        #expect(error?.code == .invalidRequest)
    }
}

@Suite("The error")
struct HeddleErrorTests {
    @Test("has codes in upper case that differ")
    func codes() {
        let codes = HeddleError.Code.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        #expect(codes.allSatisfy { code in code.allSatisfy { $0.isASCII && ($0.isUppercase || $0 == "_") } })
    }

    @Test("shows its cause in the log form only")
    func description() {
        let error = HeddleError(.internalError, "it failed", cause: JSONError(.tooDeep, at: 1))
        #expect(error.description.hasPrefix("INTERNAL_ERROR: it failed (cause: "))
        #expect(HeddleError(.cancelled, "gone").description == "CANCELLED: gone")
    }
}
