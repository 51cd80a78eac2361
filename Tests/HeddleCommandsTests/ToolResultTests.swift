import HeddleCommands
import JSON
import Testing

@Suite("The result of a tool")
struct ToolResultTests {
    @Test(
        "is shown as structured content, else part by part",
        arguments: [
            (#"{"structuredContent":{"a":1},"content":[{"type":"text","text":"x"}]}"#, #"{"a":1}"#),
            (#"{"structuredContent":null,"content":[{"type":"text","text":"x"}]}"#, "x"),
            (#"{"content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]}"#, "x\ny"),
            (
                #"{"content":[{"type":"image","mimeType":"image/png","data":"AAAAAA=="}]}"#,
                "[image, image/png, 4 bytes; see it with --raw]"
            ),
            (#"{"content":[{"type":"resource","resource":{"uri":"u","text":"t"}}]}"#, "t"),
            (#"{"content":[{"type":"new","x":1}]}"#, #"{"type":"new","x":1}"#),
            (#"{}"#, ""),
            (#"{"isError":true,"structuredContent":{"a":1},"content":[{"type":"text","text":"why"}]}"#, "why"),
        ]
    )
    func text(json: String, expected: String) throws {
        #expect(ToolResult(try JSONValue(parsing: Array(json.utf8))).text == expected)
    }
}
