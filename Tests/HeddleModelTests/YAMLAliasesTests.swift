import HeddleModel
import Testing

@Suite("Aliases in YAML") struct YAMLAliasesTests {
    @Test("are few in what people write, and many in what keeps a parser busy")
    func counts() {
        func areFew(_ text: String) -> Bool { YAMLAliases.areFew(Array(text.utf8)) }
        #expect(areFew("name: a\ndescription: matches **/*.swift and 2*3*4\nlist: [*, *a]\n"))
        #expect(areFew("description: |\n" + String(repeating: "  a*b*c **bold** text\n", count: 8)))
        var bomb = "a0: &a0 [x, x]\n"
        for level in 1...30 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(!areFew(bomb + "? *a30 : 1\n"))
        #expect(!areFew(String(repeating: "*a\u{2028}", count: 20)))
    }
}
