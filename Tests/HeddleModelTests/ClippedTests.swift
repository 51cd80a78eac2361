import HeddleModel
import Testing

@Suite("A clipped text") struct ClippedTests {
    @Test("keeps what fits, and cuts by bytes between scalars")
    func cuts() {
        #expect("abc".clipped(3) == "abc")
        #expect("abcd".clipped(3) == "abc…")
        #expect("aé".clipped(2) == "a…")
        #expect("😀😀".clipped(7) == "😀…")
        #expect("😀".clipped(3) == "…")
    }

    @Test("is short even when one character is long")
    func combining() {
        let character = "a" + String(repeating: "\u{301}", count: 100_000)
        #expect(character.count == 1)
        #expect(character.clipped(64).utf8.count <= 64 + 3)
    }
}
