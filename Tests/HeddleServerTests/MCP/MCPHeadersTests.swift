import HTTPTypes
import HeddleModel
import JSON
import Testing

@testable import HeddleServer

@Suite("Headers that repeat the body")
struct MCPHeadersTests {
    @Test(
        "are read as they are, or from base64",
        arguments: [
            ("plain", "plain"), ("  T  ", "T"), ("=?base64?SGVsbG8=?=", "Hello"),
            ("=?base64?SGVsbG8=", "=?base64?SGVsbG8="),
            ("SGVsbG8=?=", "SGVsbG8=?="), ("=?base64?SGVsbG8?=", nil), ("=?base64?SGVs!!!bG8=?=", nil),
            ("=?base64??=", ""),
            ("=?base64?/w==?=", nil), ("", ""),
        ] as [(String, String?)]
    )
    func decoded(header: String, expected: String?) {
        #expect(MCPHeaders.decoded(header) == expected)
    }

    private static func tool(_ schema: String) throws -> ToolDefinition {
        try ToolDefinition(JSONDocument(#"{"name":"t","inputSchema":\#(schema)}"#).root)
    }

    @Test("of parameters have to agree with the arguments")
    func parameters() throws {
        let tool = try Self.tool(
            """
            {"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},
            "count":{"type":"integer","x-mcp-header":"Count"},
            "deep":{"type":"object","properties":{"on":{"type":"boolean","x-mcp-header":"On"}}}}}
            """
        )
        func disagreement(_ arguments: String, _ headers: [String: String]) throws -> String? {
            var fields: HTTPFields = [:]
            for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
            return MCPHeaders.disagreement(fields, tool, try JSONDocument(arguments).root)
        }
        #expect(try disagreement("{}", [:]) == nil)
        #expect(try disagreement(#"{"region":null}"#, [:]) == nil)
        #expect(try disagreement(#"{"region":"a"}"#, ["Mcp-Param-Region": "a"]) == nil)
        #expect(try disagreement(#"{"region":"a"}"#, ["Mcp-Param-Region": "b"]) == "Mcp-Param-Region")
        #expect(try disagreement(#"{"region":"a"}"#, [:]) == "Mcp-Param-Region")
        #expect(try disagreement("{}", ["Mcp-Param-Region": "a"]) == "Mcp-Param-Region")
        #expect(try disagreement(#"{"count":42}"#, ["Mcp-Param-Count": "42.0"]) == nil)
        #expect(try disagreement(#"{"count":42}"#, ["Mcp-Param-Count": "43"]) == "Mcp-Param-Count")
        #expect(try disagreement(#"{"deep":{"on":true}}"#, ["Mcp-Param-On": "true"]) == nil)
        #expect(try disagreement(#"{"deep":{"on":true}}"#, ["Mcp-Param-On": "TRUE"]) == "Mcp-Param-On")
        #expect(try disagreement("{}", ["Mcp-Param-Unknown": "x"]) == nil)
    }

    @Test(
        "are not asked for by an annotation that is not as it has to be",
        arguments: [
            #"{"a":{"type":"string","x-mcp-header":""}}"#, #"{"a":{"type":"object","x-mcp-header":"A"}}"#,
            #"{"a":{"type":"number","x-mcp-header":"A"}}"#, #"{"a":{"x-mcp-header":"A"}}"#,
            #"{"a":{"type":"string","x-mcp-header":"My Region"}}"#, #"{"a":{"type":"string","x-mcp-header":"Région"}}"#,
            #"{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}"#,
            #"{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}"#,
        ]
    )
    func annotations(properties: String) throws {
        let schema = try JSONDocument(#"{"type":"object","properties":\#(properties)}"#).root
        #expect(ToolHeader.all(in: schema) == nil)
        #expect(try Self.tool(#"{"type":"object","properties":\#(properties)}"#).headerParameters.isEmpty)
    }
}
