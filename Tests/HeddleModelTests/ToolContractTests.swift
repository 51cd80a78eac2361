import HeddleModel
import JSON
import Testing

@Suite("The contract of a tool")
struct ToolContractTests {
    private func contract(input: String, output: String? = nil) throws -> ToolContract {
        let rest = output.map { #","outputSchema":\#($0)"# } ?? ""
        return try ToolDefinition(JSONDocument(#"{"name":"t","inputSchema":\#(input)\#(rest)}"#).root).contract
    }

    @Test("names every parameter that is not what the tool takes")
    func parameters() throws {
        let contract = try contract(
            input: #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"maxLength":1}},"required":["a"]}"#
        )
        #expect(try contract.check().isEmpty)
        try contract.checkParameters(JSONDocument(#"{"a":1,"b":"x","c":null}"#).root)
        var error = #expect(throws: HeddleError.self) {
            try contract.checkParameters(JSONDocument(#"{"a":"1","b":"xx"}"#).root)
        }
        #expect(error?.code == .invalidParameters)
        #expect(
            error?.violations.map(\.path) == ["/a", "/b"] && error?.violations.map(\.keyword) == ["type", "maxLength"]
        )
        #expect(error?.message.contains("/a is a string, not an integer") == true)
        error = #expect(throws: HeddleError.self) { try contract.checkParameters(nil) }
        #expect(error?.violations.first?.message == "has no 'a', which is required")
    }

    @Test("holds an extension to what it promised of its results")
    func results() throws {
        let contract = try contract(
            input: #"{"type":"object"}"#,
            output: #"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#
        )
        func code(_ result: String) -> HeddleError.Code? {
            do {
                try contract.checkResult(JSONDocument(result).root)
                return nil
            } catch {
                return (error as? HeddleError)?.code
            }
        }
        #expect(code(#"{"content":[],"structuredContent":{"n":1}}"#) == nil)
        #expect(code(#"{"content":[],"isError":true}"#) == nil)
        #expect(code(#"{"content":[],"structuredContent":{"n":"1"}}"#) == .extensionProtocol)
        #expect(code(#"{"content":[]}"#) == .extensionProtocol)
    }

    @Test("is refused when it is hostile, and checks nothing when it is only wrong")
    func faults() throws {
        for hostile in [
            #"{"type":"object","properties":{"a":{"pattern":"^(a|a)*$"}}}"#,
            ##"{"type":"object","allOf":[{"$ref":"#"}]}"##,
        ] {
            let error = #expect(throws: HeddleError.self) { _ = try contract(input: hostile).check() }
            #expect(error?.code == .extensionProtocol && error?.details["tool"] == "t")
            // Nor is one called that was stored before anybody knew.
            let call = #expect(throws: HeddleError.self) { try contract(input: hostile).checkParameters(nil) }
            #expect(call?.code == .extensionProtocol)
        }
        let wrong = try contract(input: #"{"type":"object","properties":{"a":{"type":"text"}}}"#)
        #expect(try wrong.check().count == 1)
        try wrong.checkParameters(JSONDocument(#"{"a":1}"#).root)
    }
}
