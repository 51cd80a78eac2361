import HeddleModel
import Testing

@Suite("An extension's name")
struct ExtensionNameTests {
    @Test(
        "takes small letters, digits, dashes and single underscores",
        arguments: ["a", "0", "time", "mcp-server-git", "a_b", "a-", "a--b", "7zip", String(repeating: "x", count: 64)]
    )
    func accepts(_ text: String) throws {
        #expect(try ExtensionName(text).description == text)
    }

    @Test(
        "refuses what is unsafe as a folder, in a URL or before `__`",
        arguments: [
            "", "-a", "_a", "a_", "a__b", "A", "é", "a b", "a/b", "..", ".", "a.b", "a\0", "a\n", "a%20b", "a:b",
            "a\\b",
            String(repeating: "x", count: 65), "ａ",
        ]
    )
    func refuses(_ text: String) {
        let error = #expect(throws: HeddleError.self) { try ExtensionName(text) }
        #expect(error?.code == .invalidRequest)
        #expect(error?.details["name"] == text)
    }

    @Test("shows at most the start of a long text in its error")
    func longText() {
        let error = #expect(throws: HeddleError.self) { try ExtensionName(String(repeating: "x", count: 100_000)) }
        #expect(error?.details["name"]?.count == 80)
    }
}
