import HeddleModel
import Testing

@Suite("The words of a search")
struct SearchTermsTests {
    @Test(
        "are in lower case, each once, whatever stands between them",
        arguments: [
            ("Red team, RED Team-7", ["red", "team", "7"]), ("", []), (" -- ", []), ("a_b\u{0}c", ["a", "b", "c"]),
            ("Über über", ["über"]), ("日本 x", ["日", "本", "x"]),
        ]
    )
    func words(_ text: String, _ expected: [String]) {
        var terms = SearchTerms()
        terms.add(text)
        #expect(terms.words == expected)
    }

    @Test("are cut alike in a text of ASCII and in one that is not")
    func long() {
        let word = String(repeating: "x", count: 100)
        for text in [word, word + " é"] {
            var terms = SearchTerms()
            terms.add(text)
            #expect(terms.words.first == String(repeating: "x", count: 64))
        }
    }
}
