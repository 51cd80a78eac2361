import JSON
import JSONSchema
import Testing

/// Schemas and values that strangers could send to keep a server busy, or to bring it down.
@Suite("A hostile schema")
struct HostileSchemaTests {
    private static func schema(_ text: String) throws -> JSONSchema { try JSONSchema(JSONDocument(text)) }

    private static func list(_ count: Int, _ element: (Int) -> String) -> String {
        (0..<count).map(element).joined(separator: ",")
    }

    /// What it comes to: yes, no, or that it costs too much.
    private static func verdict(_ schema: String, _ value: String) throws -> String {
        let schema = try self.schema(schema)
        let root = try JSONDocument(value).root
        do throws(SchemaError) {
            return try schema.violations(root).isEmpty ? "valid" : "invalid"
        } catch {
            return error.reason.rawValue
        }
    }

    @Test("that leads in a circle, or to endless documents, is refused", .timeLimit(.minutes(5)))
    func circles() {
        let dialects = """
            {"$schema":"http://a/x","$defs":{"a":{"$id":"http://a/x","$schema":"http://b/x"},
             "b":{"$id":"http://b/x","$schema":"http://a/x"}}}
            """
        let long = String(repeating: "x", count: 5000)
        let deep = "http://a/" + String(repeating: "y", count: 1500) + "/"
        let identifiers = Self.list(3000) { "\"i\($0)\":{\"$id\":\"\($0)\"}" }
        for (text, reason) in [
            (dialects, SchemaError.Reason.unknownDialect), (#"{"$id":"http://a/\#(long)"}"#, .tooLarge),
            (##"{"$ref":"#/\##(long)"}"##, .tooLarge), (#"{"$anchor":"\#(long)"}"#, .tooLarge),
            (#"{"$schema":"http://a/\#(long)"}"#, .tooLarge),
            (#"{"$id":"\#(deep)","$defs":{\#(identifiers)}}"#, .tooLarge),
        ] {
            let error = #expect(throws: SchemaError.self) { try Self.schema(text) }
            #expect(error?.reason == reason, "\(text.prefix(100)): \(String(describing: error))")
            #expect((error?.message.utf8.count ?? .max) < 1000)
        }
    }

    @Test("with many references is compiled", .timeLimit(.minutes(5)))
    func references() throws {
        let count = 20_000
        let definitions = Self.list(count) { #""d\#($0)":{"type":"integer"}"# }
        for place in ["$defs", "elsewhere"] {
            let references = Self.list(count) { ##"{"$ref":"#/\##(place)/d\##($0)"}"## }
            let schema = try Self.schema(#"{"\#(place)":{\#(definitions)},"prefixItems":[\#(references)]}"#)
            #expect(try schema.isValid(JSONDocument("[1,2]").root))
            #expect(try !schema.isValid(JSONDocument(#"[1,"2"]"#).root))
        }
    }

    @Test("costs no more than its bound", .timeLimit(.minutes(5)))
    func costs() throws {
        let count = 5000
        let members = "{" + Self.list(count) { #""member-number-\#($0)":1"# } + "}"
        let names = Self.list(count) { #""member-number-\#($0)""# }
        let others = Self.list(count) { #""member-numbers-\#($0)""# }
        let numbers = "[" + Self.list(count) { String($0) } + "]"
        let dependents = Self.list(count) { #""member-number-\#($0)":["member-number-\#($0 / 2)"]"# }
        let patterns = Self.list(1990) { #""^x\#($0)":true"# }
        let unknown = Self.list(count) { #""unknown-\#($0)":true"# }
        #expect(try Self.verdict(#"{"dependentRequired":{\#(dependents)}}"#, members) == "tooCostly")
        #expect(try Self.verdict(#"{"patternProperties":{\#(patterns)}}"#, members) == "tooCostly")
        let all = Self.list(count) { _ in #"{"items":true}"# }
        #expect(try Self.verdict(#"{"allOf":[\#(all)]}"#, numbers) == "tooCostly")
        #expect(try Self.verdict(#"{"required":[\#(names)]}"#, members) == "valid")
        #expect(try Self.verdict(#"{"required":[\#(others)]}"#, members) == "invalid")
        #expect(
            try Self.verdict(#"{"anyOf":[{"properties":{\#(unknown)},"additionalProperties":false}]}"#, members)
                != "valid"
        )
        let alternatives = #"{"items":{"anyOf":[{"type":"string"},{"type":"integer"}]}}"#
        let mixed = "[" + Self.list(count) { String($0) } + ",null]"
        #expect(try Self.verdict(alternatives, mixed) == "invalid")
        let many = try Self.schema(alternatives).violations(JSONDocument(mixed).root)
        #expect(many.map(\.instancePath) == ["/\(count)"])
    }

    @Test("of numbers is right whatever their size")
    func numbers() throws {
        for (divisor, value, isMultiple) in [
            ("3e38", "999999999999999999999999999999999999999999991", false), ("3e38", "9e38", true),
            ("3e38", "9e37", false), ("0.01", "12.34", true), ("0.01", "12.345", false),
            ("7", "49000000000000000000000", true),
            ("7", "49000000000000000000001", false), ("1e-300", "1e300", true), ("2.5", "1e1", true),
            ("20", "30", false),
            ("999999999999999999", "999999999999999998000000000000000001", true), ("1e1000000000", "1", false),
        ] {
            let schema = try Self.schema(#"{"multipleOf":\#(divisor)}"#)
            #expect(try schema.isValid(JSONDocument(value).root) == isMultiple, "\(value) / \(divisor)")
        }
    }

    @Test("tells names apart that only look alike")
    func twins() throws {
        let (one, two) = ("\u{E9}", "e\u{301}")
        let properties = try Self.schema(#"{"properties":{"\#(one)":{"type":"string"},"\#(two)":{"type":"integer"}}}"#)
        #expect(try properties.isValid(JSONDocument(#"{"\#(one)":"x","\#(two)":1}"#).root))
        #expect(try !properties.isValid(JSONDocument(#"{"\#(one)":1}"#).root))
        let required = try Self.schema(#"{"required":["\#(one)","\#(two)"]}"#)
        #expect(try !required.isValid(JSONDocument(#"{"\#(one)":1}"#).root))
        let patterns = try Self.schema(#"{"patternProperties":{"\#(one)":true,"\#(two)":{"type":"integer"}}}"#)
        #expect(try !patterns.isValid(JSONDocument(#"{"\#(two)":"x"}"#).root))
        let nine = "{" + Self.list(8) { #""\#($0)":1"# } + #","\#(one)":2,"\#(two)":3}"#
        #expect(try Self.schema(#"{"const":\#(nine)}"#).isValid(JSONDocument(nine).root))
    }

    @Test("takes no keyword of another dialect for one of its own")
    func dialects() throws {
        let draft7 = #""$schema":"http://json-schema.org/draft-07/schema""#
        #expect(
            try Self.schema(#"{\#(draft7),"contains":{"type":"string"},"minContains":2}"#)
                .isValid(JSONDocument(#"["a"]"#).root)
        )
        #expect(try Self.schema(##"{\##(draft7),"$dynamicRef":"#nope"}"##).isValid(JSONDocument("1").root))
        #expect(try Self.schema(##"{"$recursiveRef":"#/x"}"##).isValid(JSONDocument("1").root))
    }

    @Test("of long texts is matched in them")
    func longTexts() throws {
        let base64 = try Self.schema(
            #"{"pattern":"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}"#
        )
        for length in [16_000, 32_000, 400_000] {
            let text = String(repeating: "abcd", count: length / 4)
            #expect(try base64.isValid(JSONDocument("\"\(text)\"").root), "\(length)")
            #expect(try !base64.isValid(JSONDocument("\"\(text)=\"").root), "\(length)")
        }
    }

    @Test("notes what `if` and `contains` say of what they hold for")
    func annotations() throws {
        let schema = try Self.schema(#"{"if":{"title":"i"},"contains":{"type":"integer","title":"c"},"title":"r"}"#)
        let output = try schema.evaluate(JSONDocument(#"["x",1]"#).root)
        #expect(
            output.annotations.map { "\($0.instancePath) \($0.value.text)" }.sorted() == [
                #" "i""#, #" "r""#, #"/1 "c""#,
            ]
        )
    }

    @Test("says once that a member is not allowed")
    func once() throws {
        let text = #"{"allOf":[{"unevaluatedProperties":false}],"unevaluatedProperties":false}"#
        #expect(try Self.schema(text).violations(JSONDocument(#"{"a":1}"#).root).count == 1)
    }
}
