import HeddleModel
import JSON
import Testing

@Suite("A change in a YAML text")
struct YAMLEditTests {
    private func edited(_ text: String, _ key: String, _ value: JSONValue?) throws -> String {
        let path = key.split(separator: ".").map(String.init)
        let bytes = try YAMLEdit.setting(path, to: value, in: Array(text.utf8), code: .invalidConfiguration)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "touches nothing but its value",
        arguments: [
            ("a: 1 # one\nb: 2\n", "a", 7, "a: 7 # one\nb: 2\n"),
            ("# x\na:\n  b: 'it''s' # y\n", "a.b", "new", "# x\na:\n  b: new # y\n"),
            ("a: \"q # no\\\" comment\"   # c\n", "a", "8080", "a: \"8080\"   # c\n"),
            ("a: {b: info, c: [1, 2]} # c\n", "a.b", "debug", "a: {b: debug, c: [1, 2]} # c\n"),
            ("a: {b: [x, 'y]'], c: 1}\n", "a.b", ["z"], "a: {b: [z], c: 1}\n"),
            ("a:\nb: 1\n", "a", 5, "a: 5\nb: 1\n"), ("a: # c\nb: 1\n", "a", 5, "a: 5 # c\nb: 1\n"),
            ("a:\n  - x # one\n  - y\n# b's\nb: 1\n", "a", ["z", "true"], "a: [z, \"true\"]\n# b's\nb: 1\n"),
            ("a:\n- x\n- y\nb: 1\n", "a", ["z"], "a: [z]\nb: 1\n"),
            ("a: |\n  text\n  more\nb: 1\n", "a", "x", "a: x\nb: 1\n"),
            ("a: one\n  two\nb: 1\n", "a", "x", "a: x\nb: 1\n"), ("\"a\" : 1\n", "a", 2, "\"a\" : 2\n"),
            ("a: 1\r\nb: 2\r\n", "b", 3, "a: 1\r\nb: 3\r\n"), ("ä: é # ü\na: 1", "a", 2, "ä: é # ü\na: 2"),
        ] as [(String, String, JSONValue, String)]
    )
    func replaces(_ text: String, _ key: String, _ value: JSONValue, _ expected: String) throws {
        #expect(try edited(text, key, value) == expected)
    }

    @Test(
        "goes where its section is",
        arguments: [
            ("", "a.b.c", "a:\n  b:\n    c: 1\n"), ("# only this\n", "a", "# only this\na: 1\n"),
            ("a: 2", "b", "a: 2\nb: 1\n"), ("---\na: 2\n", "b", "---\na: 2\nb: 1\n"),
            ("---\na: 2\n...\n", "b", "---\nb: 1\na: 2\n...\n"),
            (
                "a:\n    x: 1\n    # of y\n    y: 2\n\n# of b\nb: 1\n", "a.z",
                "a:\n    x: 1\n    # of y\n    y: 2\n    z: 1\n\n# of b\nb: 1\n"
            ),
            ("a:\n  x:\n  - 1\nb: 1\n", "a.y.z", "a:\n  x:\n  - 1\n  y:\n    z: 1\nb: 1\n"),
            ("a: {x: 2}\n", "a.y", "a: {y: 1, x: 2}\n"), ("a: {}\n", "a.y.z", "a: {y: {z: 1}}\n"),
            ("a:\nb: 2\n", "a.y", "a:\n  y: 1\nb: 2\n"), ("a: null\nb: 2\n", "a.y", "a: {y: 1}\nb: 2\n"),
            ("a: 1\r\n", "b", "a: 1\r\nb: 1\r\n"), ("{a: 2}\n", "b", "{b: 1, a: 2}\n"),
        ]
    )
    func inserts(_ text: String, _ key: String, _ expected: String) throws {
        #expect(try edited(text, key, 1) == expected)
    }

    @Test(
        "takes an entry away",
        arguments: [
            ("a: 1 # one\n# of b\nb: 2\n", "a", "# of b\nb: 2\n"), ("a:\n  b: 1\n", "a.b", "a:\n"),
            ("a:\n  - x\n  - y\nb: 1\n", "a", "b: 1\n"), ("a: {b: 1, c: 2}\n", "a.b", "a: {b: null, c: 2}\n"),
            ("b: 1\n", "a", "b: 1\n"), ("b: 1\n", "b.c", "b: 1\n"),
        ]
    )
    func removes(_ text: String, _ key: String, _ expected: String) throws {
        #expect(try edited(text, key, nil) == expected)
    }

    @Test("keeps every comment, whatever is set in whatever order")
    func comments() throws {
        let texts = [
            "# 1\nhttp: # 2\n  # 3\n  port: 1 # 4\n\n  # 5\nlog: {level: info} # 6\n# 7\n",
            "# 1\n---\nlog:   # 2\n    level: 'a # b' # 3\n    # 4\nstore: # 5\n    batch: # 6\n        max: 1 # 7",
            "# 1 # 2\n# 3 # 4\r\n\n\n# 5\n\n# 6\n   # 7",
        ]
        let changes: [(String, JSONValue?)] = [
            ("http.port", 2), ("log.level", "de: bug # x"), ("store.batch.max", 3), ("http.hosts", ["a", "b: c"]),
            ("http.port", "yes"), ("store.queue", "~"), ("http.hosts", []), ("log.level", "*"), ("x.y", "- é\u{7}"),
        ]
        for text in texts {
            for start in changes.indices {
                var edited = text
                for (key, value) in changes[start...] + changes[..<start] {
                    edited = try self.edited(edited, key, value)
                    let read = try YAMLText.value(Array(edited.utf8), code: .invalidConfiguration)
                    #expect(read.value(at: key.split(separator: ".").map(String.init)) == value)
                    for number in 1...7 { #expect(edited.contains("# \(number)"), "\(key): \(edited)") }
                }
            }
        }
    }

    @Test("leaves a text alone that says so already, however it says it")
    func unchanged() throws {
        for text in ["a: {b: 1}", "a:\n  'b':   1 # x"] {
            #expect(try edited(text, "a.b", 1) == text)
        }
    }

    @Test("is refused when it would disturb the rest, or when the text is no YAML")
    func refusals() {
        for text in ["7\n", "- a\n", "a: [1, 2\n", "a: 1\na: 2\n", "a: &x 1\nb: *x\n"] {
            let error = #expect(throws: HeddleError.self, "\(text)") { try edited(text, "a.b.c", 1) }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test("never quotes a line of what is no YAML")
    func secrets() {
        for text in ["token: hunter2hunter2: [", "token: 'hunter2hunter2\n", "token: \"hunter2hunter2\\q\"\n"] {
            let error = #expect(throws: HeddleError.self) {
                try YAMLText.value(Array(text.utf8), code: .invalidConfiguration)
            }
            #expect(error.map { "\($0)".contains("hunter2") || "\($0)".contains("it cannot be read") } == false)
            #expect(error?.message.contains("in line 1, ") == true, "\(error?.message ?? "")")
        }
    }
}
