import JSON
import JSONSchema
import Testing

@Suite("A JSON Schema")
struct JSONSchemaTests {
    private func schema(_ text: String, _ options: JSONSchema.Options = .init()) throws -> JSONSchema {
        try JSONSchema(JSONDocument(text), options: options)
    }

    private func violations(_ schema: String, _ value: String) throws -> [String] {
        try self.schema(schema).violations(JSONDocument(value).root).map { "\($0.schemaPath) \($0)" }
    }

    private static let verdicts: [(schema: String, valid: [String], invalid: [String])] = [
        (#"{"type":"integer"}"#, ["1", "1.0", "10e-1", "-0"], ["1.5", #""1""#, "null", "1e-1"]),
        (#"{"type":["string","null"]}"#, [#""""#, "null"], ["0", "[]", "{}", "true"]),
        (#"{"minimum":9007199254740993}"#, ["9007199254740993", "1e400"], ["9007199254740992", "-1e400"]),
        (#"{"exclusiveMaximum":0.3}"#, ["0.29999999999999998", "-1"], ["0.3", "0.30", "3e-1", "1"]),
        (#"{"multipleOf":0.01}"#, ["19.99", "0", "-0.07", "1e300"], ["19.999", "1e-3"]),
        (#"{"multipleOf":1e-8}"#, ["12391239123"], ["0.123456789"]),
        (#"{"minLength":2,"maxLength":3}"#, [#""ab""#, #""\u00e9\ud83d\ude00""#, #""😀😀😀""#], [#""a""#, #""abcd""#]),
        (#"{"pattern":"^\\d{2}$"}"#, [#""12""#], [#""12\n""#, #""١٢""#, #""123""#]),
        (#"{"enum":[1,"a",{"x":[1,2]},null]}"#, ["1.0", #"{"x":[1,2.0]}"#, "null"], ["2", #"{"x":[2,1]}"#, "false"]),
        (#"{"const":{"a":1,"b":2}}"#, [#"{"b":2,"a":1}"#, ##"{"\u0062":2,"a":1}"##], [#"{"a":1}"#, "{}"]),
        (#"{"uniqueItems":true}"#, ["[]", "[1,2,[1],{}]"], ["[1,1.0]", #"[{"a":1,"b":2},{"b":2,"a":1}]"#]),
        (
            #"{"properties":{"averylongname":{"type":"null"}},"additionalProperties":false}"#,
            ["{}", #"{"averylongname":null}"#], [#"{"averylongnamf":null}"#, #"{"averylongname":1}"#]
        ),
        (#"{"required":["a","b"]}"#, [#"{"a":1,"b":2,"c":3}"#, "[]"], ["{}", #"{"a":1}"#, #"{"b":1,"c":1}"#]),
        (#"{"contains":{"const":1},"minContains":2,"maxContains":2}"#, ["[1,2,1]"], ["[1]", "[1,1,1]", "[]"]),
        (
            #"{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"required":["c"]}}"#,
            [#"{"a":1,"b":1}"#, #"{"c":1}"#], [#"{"a":1,"c":1}"#, "{}"]
        ),
        (#"{"oneOf":[{"type":"integer"},{"minimum":2}]}"#, ["1", "2.5"], ["3", "1.5"]),
        (
            ##"{"$ref":"#/$defs/list","$defs":{"list":{"type":"array","items":{"$ref":"#/$defs/list"}}}}"##,
            ["[]", "[[],[[]]]"], ["[1]", "{}"]
        ),
        (#"{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}"#, [#"{"a":1}"#], [#"{"b":1}"#]),
        (
            #"{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"null"}],"additionalItems":false}"#,
            ["[]", "[null]"], ["[1]", "[null,null]"]
        ),
    ]

    @Test("tells yes from no", arguments: verdicts)
    func tells(_ text: String, _ valid: [String], _ invalid: [String]) throws {
        let schema = try schema(text)
        for (values, expected) in [(valid, true), (invalid, false)] {
            for value in values {
                let root = try JSONDocument(value).root
                #expect(try schema.isValid(root) == expected, "\(value)")
                #expect(try schema.violations(root).isEmpty == expected, "\(value)")
            }
        }
    }

    @Test("finds a member among many, whatever its name begins with")
    func manyProperties() throws {
        let names = (0..<200).map { "a-common-beginning-\($0)" } + (0..<200).map { "\($0)" }
        let members = names.map { #""\#($0)":{"const":"\#($0)"}"# }.joined(separator: ",")
        let schema = try schema(#"{"properties":{\#(members)},"additionalProperties":false}"#)
        for name in names {
            #expect(try schema.isValid(JSONDocument(#"{"\#(name)":"\#(name)"}"#).root))
            #expect(try !schema.isValid(JSONDocument(#"{"\#(name)":"another"}"#).root))
            #expect(try !schema.isValid(JSONDocument(#"{"\#(name)x":"\#(name)"}"#).root))
        }
    }

    @Test("tells every violation with its place and in words")
    func words() throws {
        let text = """
            {"type":"object","required":["name","age"],"additionalProperties":false,
             "properties":{"name":{"type":"string","minLength":1},"age":{"type":"integer","minimum":0},
              "tags":{"type":"array","items":{"$ref":"#/$defs/tag"}}},"$defs":{"tag":{"enum":["a","b"]}}}
            """
        #expect(try violations(text, #"{"name":"Ada","age":36,"tags":["a"]}"#) == [])
        #expect(
            try violations(text, #"{"name":"","tags":["a","c",7],"x/y":1}"#) == [
                "/properties/name/minLength /name has 0 characters, fewer than 1",
                #"/properties/tags/items/$ref/enum /tags/1 is not one of "a", "b""#,
                #"/properties/tags/items/$ref/enum /tags/2 is not one of "a", "b""#,
                "/additionalProperties /x~1y is not known here; known are age, name, tags",
                "/required the value has no 'age', which is required",
            ]
        )
        #expect(try violations(text, "[]") == ["/type the value is an array, not an object"])
        #expect(try schema("false").violations(JSONDocument("1").root).map(\.message) == ["is not allowed"])
    }

    @Test("says which name was probably meant")
    func names() throws {
        let text =
            #"{"additionalProperties":false,"properties":{"timezone":{},"limit":{}},"patternProperties":{"^x-":{}}}"#
        for name in ["timezones", "timezome", "timezoen", "TimeZone", "imezone"] {
            #expect(
                try violations(text, #"{"\#(name)":1}"#) == [
                    "/additionalProperties /\(name) is not known here; did you mean 'timezone'?"
                ]
            )
        }
        for name in ["zone", "t", String(repeating: "timezone", count: 100)] {
            #expect(
                try violations(text, #"{"\#(name)":1,"x-y":1}"#) == [
                    "/additionalProperties /\(name) is not known here; known are limit, timezone"
                ]
            )
        }
        #expect(
            try violations(#"{"additionalProperties":false}"#, #"{"a":1}"#) == [
                "/additionalProperties /a is not known here"
            ]
        )
    }

    @Test("tells why the alternative that was meant does not hold, and of all when that is not plain")
    func alternatives() throws {
        let text = """
            {"oneOf":[{"properties":{"kind":{"const":"a"},"size":{"type":"integer"}},"required":["kind"]},
             {"properties":{"kind":{"enum":["b","c"]},"name":{"minLength":2}},"required":["kind","name"]},{"type":"null"}]}
            """
        #expect(
            try violations(text, #"{"kind":"a","size":"x"}"#) == [
                "/oneOf/0/properties/size/type /size is a string, not an integer"
            ]
        )
        #expect(
            try violations(text, #"{"kind":"c"}"#) == ["/oneOf/1/required the value has no 'name', which is required"]
        )
        #expect(try violations(text, #"{"kind":"d"}"#) == [#"/enum /kind is not one of "a", "b", "c""#])
        let kinds = #"{"oneOf":[{"properties":{"k":{"const":"a"}}},{"properties":{"k":{"enum":["b","c"]}}}]}"#
        #expect(try violations(kinds, #"{"k":7}"#) == [#"/enum /k is not one of "a", "b", "c""#])
        #expect(
            try violations(#"{"anyOf":[false,{"type":"string"}]}"#, "5") == [
                "/anyOf the value matches none of the 2 alternatives"
            ]
        )
        #expect(try violations(text, "{}") == ["/oneOf the value matches none of the 3 alternatives"])
        let plain = try schema(#"{"anyOf":[{"type":"string"},{"minimum":5},{"type":"array"},{"minimum":7}]}"#)
        let found = try plain.violations(JSONDocument("3").root)
        #expect(found.map(\.message) == ["matches none of the 4 alternatives"])
        #expect(
            found.first?.causes.map(\.schemaPath) == [
                "/anyOf/0/type", "/anyOf/1/minimum", "/anyOf/2/type", "/anyOf/3/minimum",
            ]
        )
    }

    @Test("adds what the author says to a pattern")
    func patterns() throws {
        #expect(
            try violations(#"{"pattern":"^[a-z]+$","description":"small letters"}"#, #""A""#) == [
                "/pattern the value does not match '^[a-z]+$': small letters"
            ]
        )
        #expect(try violations(#"{"pattern":"^b"}"#, #""A""#) == ["/pattern the value does not match '^b'"])
    }

    @Test("notes what it says about the parts of a valid value")
    func annotations() throws {
        let schema = try schema(
            #"{"title":"whole","properties":{"a":{"default":1,"anyOf":[{"title":"text","type":"string"},{"title":"any"}]}}}"#
        )
        let output = try schema.evaluate(JSONDocument(#"{"a":2}"#).root)
        #expect(output.isValid && output.violations.isEmpty)
        let notes = output.annotations.map { "\($0.instancePath) \($0.schemaPath) \($0.value.text)" }
        #expect(
            Set(notes) == [#" /title "whole""#, "/a /properties/a/default 1", #"/a /properties/a/anyOf/1/title "any""#]
        )
    }

    private static let refusals: [(schema: String, reason: SchemaError.Reason, location: String)] = [
        (##"{"type":"strin"}"##, .invalidKeyword, "#"), ("[]", .invalidKeyword, "#"),
        (##"{"properties":{"a":{"minimum":"1"}}}"##, .invalidKeyword, "#/properties/a"),
        (##"{"properties":{"a":7}}"##, .invalidKeyword, "#/properties/a"),
        (##"{"required":"a"}"##, .invalidKeyword, "#"), (##"{"maxItems":-1}"##, .invalidKeyword, "#"),
        (##"{"$ref":"#/$defs/none"}"##, .unresolvedReference, "#"),
        (##"{"$ref":"https://example.com/other"}"##, .unresolvedReference, "#"),
        (##"{"allOf":[{"$ref":"#"}]}"##, .endlessReference, "#"),
        (
            ##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}},"$ref":"#/$defs/a"}"##,
            .endlessReference, "#/$defs/a"
        ),
        (##"{"pattern":"("}"##, .invalidPattern, "#"), (##"{"pattern":"a++"}"##, .invalidPattern, "#"),
        (##"{"pattern":"\\Z"}"##, .invalidPattern, "#"),
        (##"{"properties":{"a":{"pattern":"^(a+)+$"}}}"##, .costlyPattern, "#/properties/a"),
        (##"{"pattern":"^(\\w+\\s?)*$"}"##, .costlyPattern, "#"),
        (##"{"$schema":"https://example.com/dialect"}"##, .unknownDialect, "#"),
        (##"{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}"##, .duplicateIdentifier, "#/$defs/a"),
    ]

    @Test("is refused when it is none, with the place", arguments: refusals)
    func refused(_ text: String, _ reason: SchemaError.Reason, _ location: String) throws {
        let error = #expect(throws: SchemaError.self) { try schema(text) }
        #expect(error?.reason == reason && error?.location == location, "\(String(describing: error))")
    }

    @Test("is bounded in size, in its expressions and in the steps of a verdict")
    func bounds() throws {
        func reason(_ text: String, _ change: (inout SchemaLimits) -> Void) -> SchemaError.Reason? {
            var options = JSONSchema.Options()
            change(&options.limits)
            do {
                _ = try schema(text, options)
                return nil
            } catch {
                return (error as? SchemaError)?.reason
            }
        }
        let many = "[" + Array(repeating: #"{"minimum":1}"#, count: 50).joined(separator: ",") + "]"
        #expect(reason(#"{"allOf":\#(many)}"#) { $0.nodes = 40 } == .tooLarge)
        #expect(reason(#"{"allOf":\#(many)}"#) { $0.schemaBytes = 100 } == .tooLarge)
        #expect(reason(#"{"pattern":"\#(String(repeating: "a", count: 100))"}"#) { $0.patternBytes = 99 } == .tooLarge)
        #expect(reason(#"{"patternProperties":{"a":true,"b":true}}"#) { $0.patterns = 1 } == .tooLarge)

        // Doubles its work with every level: 2^40 steps without the bound.
        let levels = (0..<40)
            .map { ##""l\##($0)":{"anyOf":[{"$ref":"#/$defs/l\##($0 + 1)"},{"$ref":"#/$defs/l\##($0 + 1)"}]}"## }
            .joined(separator: ",")
        let exponential = try schema(##"{"$ref":"#/$defs/l0","$defs":{\##(levels),"l40":false}}"##)
        var error = #expect(throws: SchemaError.self) { try exponential.isValid(JSONDocument("1").root) }
        #expect(error?.reason == .tooCostly)

        let links = (0..<600).map { ##""l\##($0)":{"allOf":[{"$ref":"#/$defs/l\##($0 + 1)"}]}"## }
            .joined(separator: ",")
        let deep = try schema(##"{"$ref":"#/$defs/l0","$defs":{\##(links),"l600":true}}"##)
        error = #expect(throws: SchemaError.self) { try deep.isValid(JSONDocument("1").root) }
        #expect(error?.reason == .tooCostly)
    }

    @Test("judges long arrays and long enumerations in a time that grows with their length")
    func long() throws {
        let numbers = (0..<100_000).map(String.init).joined(separator: ",")
        let values = try JSONDocument("[\(numbers)]").root
        #expect(try schema(#"{"uniqueItems":true}"#).isValid(values))
        #expect(try schema(#"{"items":{"enum":[\#(numbers)]}}"#).isValid(values))
        let twins = try JSONDocument("[\(numbers),99999.0]").root
        #expect(
            try schema(#"{"uniqueItems":true}"#).violations(twins).first?.message.contains("99999 and at 100000")
                == true
        )
    }

    @Test("keeps a hostile expression from taking long, whoever meets it first")
    func costlyPattern() throws {
        // Cubic, which compiling does not look for in texts of this kind.
        let schema = try schema(#"{"pattern":"x.*y.*\\d$"}"#)
        let text = "\"" + String(repeating: "xy", count: 20_000) + "\""
        let error = #expect(throws: SchemaError.self) { try schema.isValid(JSONDocument(text).root) }
        #expect(error?.reason == .costlyPattern)
        #expect(try schema.isValid(JSONDocument(#""xy1""#).root))
    }

    @Test("asks for formats only when it is told to")
    func formats() throws {
        var options = JSONSchema.Options()
        let text = #"{"format":"date"}"#
        #expect(try schema(text, options).isValid(JSONDocument(#""soon""#).root))
        options.assertsFormat = true
        #expect(try !schema(text, options).isValid(JSONDocument(#""soon""#).root))
        #expect(try schema(text, options).isValid(JSONDocument(#""2026-11-21""#).root))
        #expect(try schema(text, options).isValid(JSONDocument("7").root))
    }

    @Test("can judge schemas themselves")
    func metaSchema() throws {
        for uri in ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema"] {
            let schema = try schema(#"{"$ref":"\#(uri)"}"#)
            #expect(try schema.isValid(JSONDocument(#"{"type":"object","properties":{"a":{"minimum":1}}}"#).root))
            for wrong in [#"{"type":"objekt"}"#, #"{"properties":{"a":{"minimum":"1"}}}"#, #"{"allOf":[[]]}"#, "7"] {
                #expect(try !schema.isValid(JSONDocument(wrong).root), "\(wrong)")
            }
        }
    }
}
