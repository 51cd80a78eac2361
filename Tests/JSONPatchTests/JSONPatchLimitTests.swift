import JSON
import JSONPatch
import Testing

/// Patches that strangers could send to keep a server busy, or to bring it down.
@Suite("A hostile patch")
struct JSONPatchLimitTests {
    private static func kind(
        _ patch: String,
        _ document: String,
        _ change: (inout JSONPatchLimits) -> Void = { _ in }
    ) throws -> JSONPatchError.Kind? {
        var limits = JSONPatchLimits()
        change(&limits)
        do {
            _ = try PatchCase.apply(patch, to: document, limits: limits)
            return nil
        } catch let error as JSONPatchError {
            return error.kind
        }
    }

    private static func patch(_ count: Int, _ operation: (Int) -> String) -> String {
        "[" + (0..<count).map(operation).joined(separator: ",") + "]"
    }

    @Test("has no more operations than it may")
    func operations() throws {
        let adds = Self.patch(3) { #"{"op":"add","path":"/\#($0)","value":1}"# }
        #expect(try Self.kind(adds, "{}") { $0.operations = 3 } == nil)
        #expect(try Self.kind(adds, "{}") { $0.operations = 2 } == .tooManyOperations)
        #expect(try Self.kind(Self.patch(10_001) { _ in "1" }, "{}") == .tooManyOperations)
        var limits = JSONPatchLimits()
        limits.operations = 0
        let patch = try JSONPatch(parsing: Array(adds.utf8))
        let error = #expect(throws: JSONPatchError.self) {
            try patch.apply(to: JSONDocument("{}"), limits: limits) as JSONDocument
        }
        #expect(error?.kind == .tooManyOperations)
        #expect(error?.description == "a patch has at most 0 operations")
    }

    @Test("cannot double a document until memory is full")
    func doubling() throws {
        let copies = Self.patch(10_000) { #"{"op":"copy","from":"","path":"/\#($0)"}"# }
        #expect(try Self.kind(copies, "{}") == .tooLarge || Self.kind(copies, "{}") == .tooDeep)
        let flat = Self.patch(10_000) { _ in #"{"op":"copy","from":"/a","path":"/a/-"}"# }
        #expect(try Self.kind(flat, #"{"a":[1]}"#) { $0.depth = .max } == .tooLarge)
        let wide = Self.patch(10_000) { #"{"op":"copy","from":"/a","path":"/b\#($0)"}"# }
        #expect(try Self.kind(wide, #"{"a":"\#(String(repeating: "x", count: 10_000))"}"#) == .tooLarge)
    }

    @Test("cannot duplicate what it removed again and again")
    func duplicatedChanges() throws {
        let members = (0..<4_000).map { #""m\#($0)":1"# }.joined(separator: ",")
        let removals = (0..<4_000).map { #"{"op":"remove","path":"/a/m\#($0)"}"# }
        let copies = (0..<2_900)
            .flatMap { number in
                [#"{"op":"copy","from":"/a","path":"/b"}"#, #"{"op":"add","path":"/b/x","value":\#(number)}"#]
            }
        let document = "{\"a\":{\(members)}}"
        #expect(try Self.kind("[\((removals + copies).joined(separator: ","))]", document) == .tooLarge)
        #expect(try Self.kind("[\((removals + copies.prefix(200)).joined(separator: ","))]", document) == nil)
    }

    @Test("is bounded by the bytes of each state")
    func bytes() throws {
        let patch = #"[{"op":"add","path":"/b","value":[1,2,3]},{"op":"remove","path":"/b"}]"#
        #expect(try Self.kind(patch, #"{"a":1}"#) { $0.resultBytes = 19 } == nil)
        #expect(try Self.kind(patch, #"{"a":1}"#) { $0.resultBytes = 18 } == .tooLarge)
        #expect(try Self.kind(#"[{"op":"replace","path":"","value":"xx"}]"#, "1") { $0.resultBytes = 3 } == .tooLarge)
    }

    @Test("cannot nest what comes deeper than a document may be")
    func depth() throws {
        let deep = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
        #expect(try Self.kind(#"[{"op":"add","path":"/a","value":\#(deep.dropFirst().dropLast())}]"#, "{}") == nil)
        #expect(try Self.kind(#"[{"op":"move","from":"/a","path":"/b/c"}]"#, #"{"a":\#(deep),"b":{}}"#) == .tooDeep)
        #expect(try Self.kind(#"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":\#(deep)}"#) == nil)
        let down = Self.patch(200) { #"{"op":"add","path":"\#(String(repeating: "/a", count: $0 + 1))","value":{}}"# }
        #expect(try Self.kind(down, "{}") == .tooDeep)
        let up = Self.patch(5000) { _ in
            #"{"op":"move","from":"/a","path":"/b"},{"op":"add","path":"/a","value":{}},{"op":"move","from":"/b","path":"/a/b"}"#
        }
        #expect(try Self.kind(up, #"{"a":1}"#) { $0.operations = 20_000 } == .tooDeep)
    }

    @Test("is let through when what was deep is gone")
    func shrunk() throws {
        let patch = """
            [{"op":"add","path":"/a/b/c","value":[[[]]]},{"op":"remove","path":"/a/b/c"},{"op":"add","path":"/a/l/0","value":1},
             {"op":"move","from":"/a","path":"/d/e"},{"op":"copy","from":"/d","path":"/f"}]
            """
        #expect(try Self.kind(patch, #"{"a":{"b":{},"l":[]},"d":{}}"#) { $0.depth = 6 } == nil)
        #expect(try Self.kind(patch, #"{"a":{"b":{},"l":[]},"d":{}}"#) { $0.depth = 5 } == .tooDeep)
    }

    @Test("cannot have levels measured again and again", .timeLimit(.minutes(5)))
    func levels() throws {
        let members = (0..<20_000).map { #""m\#($0)":1"# }.joined(separator: ",")
        let nest = String(repeating: "[", count: 125) + String(repeating: "]", count: 125)
        func patch(_ rounds: Int) -> String {
            Self.patch(rounds) { _ in
                """
                {"op":"add","path":"/a/deep/x","value":\(nest)},{"op":"remove","path":"/a/deep/x"},
                {"op":"move","from":"/a","path":"/b/a"},{"op":"move","from":"/b/a","path":"/b/c/a"},
                {"op":"move","from":"/b/c/a","path":"/a"}
                """
            }
        }
        let document = #"{"b":{"c":{}},"a":{\#(members),"deep":{}}}"#
        #expect(try PatchCase.apply("[\(patch(50).dropFirst().dropLast())]", to: document) == document)
        #expect(try Self.kind(patch(2000), document) == .tooDeep)
    }

    @Test("cannot have one long number compared for ever")
    func comparisons() throws {
        let number = "1." + String(repeating: "0", count: 1000)
        let tests = Self.patch(100) { _ in #"{"op":"test","path":"","value":1}"# }
        #expect(try Self.kind(tests, number) == nil)
        #expect(try Self.kind(tests, number) { $0.comparedBytes = 50_000 } == .tooLarge)
    }

    @Test("that takes a large object apart again and again ends", .timeLimit(.minutes(5)))
    func sharing() throws {
        let members = (0..<20_000).map { #""m\#($0)":{"x":1}"# }.joined(separator: ",")
        let patch = Self.patch(3000) { number in
            #"{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/m\#(number)/y","value":1},{"op":"remove","path":"/b"}"#
        }
        let document = #"{"a":{\#(members)}}"#
        #expect(try PatchCase.apply(patch, to: document) == document)
    }
}
