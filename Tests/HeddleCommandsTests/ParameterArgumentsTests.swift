import HeddleCommands
import HeddleModel
import JSON
import Testing

@Suite("Parameters on the command line")
struct ParameterArgumentsTests {
    private static let schema = """
        {"properties":{"text":{"type":"string"},"count":{"type":"integer"},"ratio":{"type":"number"},
        "flag":{"type":"boolean"},"list":{"type":"array"},"object":{"type":"object"},
        "maybe":{"anyOf":[{"type":"integer"},{"type":"null"}]},"either":{"type":["string","integer"]},
        "named":{"$ref":"#/$defs/Named"},"loop":{"$ref":"#/properties/loop"}},
        "$defs":{"Named":{"enum":["a","b"]}},"required":["text"]}
        """

    private func schema() throws -> ParameterSchema {
        ParameterSchema(try JSONValue(parsing: Array(Self.schema.utf8)))
    }

    @Test(
        "have the kind that the schema names",
        arguments: [
            ("text=5", #"{"text":"5"}"#), ("text=a=b", #"{"text":"a=b"}"#), ("text=", #"{"text":""}"#),
            ("count=5", #"{"count":5}"#), ("count=-12345678901234567890", #"{"count":-12345678901234567890}"#),
            ("ratio=1.50", #"{"ratio":1.50}"#), ("flag=true", #"{"flag":true}"#), ("list=[1,2]", #"{"list":[1,2]}"#),
            (#"object={"a":1}"#, #"{"object":{"a":1}}"#), ("maybe=null", #"{"maybe":null}"#),
            ("maybe=3", #"{"maybe":3}"#), ("either=3", #"{"either":"3"}"#), ("named=a", #"{"named":"a"}"#),
            ("loop=1", #"{"loop":"1"}"#), ("unknown=1", #"{"unknown":"1"}"#), ("text:=[1]", #"{"text":[1]}"#),
        ]
    )
    func kinds(argument: String, expected: String) throws {
        #expect(try ParameterArguments([argument]).value(schema: schema()).text == expected)
    }

    @Test(
        "that do not fit are refused",
        arguments: ["count=x", "count=1.5", "flag=1", "list={}", "object=5", "maybe=y"]
    )
    func misfits(argument: String) throws {
        let arguments = try ParameterArguments([argument])
        let error = #expect(throws: HeddleError.self) { try arguments.value(schema: schema()) }
        #expect(error?.code == .invalidRequest)
    }

    @Test("without a name or with broken JSON are refused", arguments: ["x", "=5", "x:=nope", ""])
    func malformed(argument: String) {
        let error = #expect(throws: HeddleError.self) { try ParameterArguments([argument]) }
        #expect(error?.code == .invalidRequest)
    }

    @Test("come on top of the object")
    func base() throws {
        let base = JSONObject(members: [.init(name: "a", value: 1), .init(name: "b", value: 2)])
        let arguments = try ParameterArguments(base: base, ["b:=3", "c:=4"])
        #expect(!arguments.needsSchema)
        #expect(try arguments.value(schema: schema()).text == #"{"a":1,"b":3,"c":4}"#)
        #expect(throws: HeddleError.self) { try ParameterArguments(["a=1", "a:=2"]) }
    }

    @Test("are listed with their kinds")
    func listing() throws {
        let lines = try schema().parameters.map(\.line)
        #expect(lines.first == "text (string, required)")
        #expect(lines.contains("maybe (integer or null)"))
        #expect(lines.contains("loop (any)"))
    }
}
