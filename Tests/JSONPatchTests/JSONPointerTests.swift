import JSONPatch
import Testing

@Suite("A JSON pointer")
struct JSONPointerTests {
    @Test(
        "is read and written",
        arguments: [
            ("", []), ("/", [""]), ("/a/b", ["a", "b"]), ("/a~1b/m~0n", ["a/b", "m~n"]), ("/~01", ["~1"]),
            ("//", ["", ""]), ("/ /\"/\\", [" ", "\"", "\\"]), ("/0/-", ["0", "-"]), ("/\u{301}/é", ["\u{301}", "é"]),
        ] as [(String, [String])]
    )
    func read(_ text: String, _ tokens: [String]) throws {
        let pointer = try JSONPointer(parsing: text)
        #expect(pointer == JSONPointer(tokens))
        #expect(pointer.text == text)
        #expect(pointer.description == text)
    }

    @Test(
        "that is none is refused with a reason",
        arguments: [
            ("a", .noSlash, 0), ("#/a", .noSlash, 0), ("/a~", .invalidEscape, 2), ("/a/~2b", .invalidEscape, 3),
            ("/~0~", .invalidEscape, 3), ("/~/0", .invalidEscape, 1),
        ] as [(String, JSONPointerError.Reason, Int)]
    )
    func refused(_ text: String, _ reason: JSONPointerError.Reason, _ offset: Int) {
        let error = #expect(throws: JSONPointerError.self) { try JSONPointer(parsing: text) }
        #expect(error?.reason == reason)
        #expect(error?.offset == offset)
        #expect(error?.description.isEmpty == false)
    }

    @Test("knows what is inside of it, by bytes")
    func containment() throws {
        let outer = try JSONPointer(parsing: "/a/b")
        #expect(outer.contains(outer.appending("c")))
        #expect(!outer.contains(outer))
        #expect(try !outer.contains(JSONPointer(parsing: "/a/bc/d")))
        #expect(JSONPointer().contains(outer))
        #expect(try JSONPointer(parsing: "/é") != JSONPointer(parsing: "/e\u{301}"))
        #expect(try Set([JSONPointer(parsing: "/é"), JSONPointer(parsing: "/e\u{301}")]).count == 2)
    }
}
