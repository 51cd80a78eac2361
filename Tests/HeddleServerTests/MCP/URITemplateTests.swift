import Testing

@testable import HeddleServer

@Suite("Templates of addresses")
struct URITemplateTests {
    @Test(
        "match what may come from them",
        arguments: [
            ("test://template/{id}/data", "test://template/123/data", true),
            ("test://template/{id}/data", "test://template//data", true),
            ("test://template/{id}/data", "test://template/1/2/data", false),
            ("test://template/{id}/data", "test://template/123/data/", false),
            ("file:///{+path}", "file:///a/b/c", true),
            ("file:///{+path}", "file://a", false), ("a{x}b{y}c", "a1b2c", true), ("a{x}b{y}c", "abbc", true),
            ("a{x}b{y}c", "a1c", false), ("search{?q,page}", "search?q=a&page=2", true), ("plain", "plain", true),
            ("plain", "plainer", false), ("broken{", "broken{", true), ("{x}", "any", true),
            ("{x}", "with/slash", false),
        ]
    )
    func matches(template: String, uri: String, expected: Bool) {
        #expect(URITemplate(template).matches(uri) == expected)
    }

    @Test("do not take for ever over hostile ones")
    func bounded() {
        let template = URITemplate(String(repeating: "{+a}x", count: 30) + "y")
        #expect(!template.matches(String(repeating: "x", count: 5_000)))
    }
}
