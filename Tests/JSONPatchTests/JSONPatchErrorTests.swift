import JSON
import JSONPatch
import Testing

@Suite("A patch that cannot be applied")
struct JSONPatchErrorTests {
    private static let cases = [
        PatchCase("no JSON", "{}", "[", .invalidPatch, at: nil),
        PatchCase("no array", "{}", "{}", .invalidPatch, at: nil),
        PatchCase("no object", "{}", "[1]", .invalidPatch),
        PatchCase("no op", "{}", #"[{"path":"/a","value":1}]"#, .invalidPatch),
        PatchCase("an op that is no string", "{}", #"[{"op":1,"path":"/a"}]"#, .invalidPatch),
        PatchCase("an unknown op", "{}", #"[{"op":"spam","path":"/a","value":1}]"#, .invalidPatch),
        PatchCase("an op in capitals", "{}", #"[{"op":"Add","path":"/a","value":1}]"#, .invalidPatch),
        PatchCase("no path", "{}", #"[{"op":"remove"}]"#, .invalidPatch),
        PatchCase("a path of null", "{}", #"[{"op":"add","path":null,"value":1}]"#, .invalidPatch),
        PatchCase("a path without a slash", "{}", #"[{"op":"add","path":"a","value":1}]"#, .invalidPatch),
        PatchCase("a path with a wrong escape", "{}", #"[{"op":"add","path":"/~2","value":1}]"#, .invalidPatch),
        PatchCase("no value to add", "{}", #"[{"op":"add","path":"/a"}]"#, .invalidPatch),
        PatchCase("no value to replace with", #"{"a":1}"#, #"[{"op":"replace","path":"/a"}]"#, .invalidPatch),
        PatchCase("no value to test", "null", #"[{"op":"test","path":""}]"#, .invalidPatch),
        PatchCase("nothing to copy from", "{}", #"[{"op":"copy","path":"/a"}]"#, .invalidPatch),
        PatchCase("nothing to move from", "{}", #"[{"op":"move","path":"/a","form":"/b"}]"#, .invalidPatch),
        PatchCase(
            "a move into itself",
            #"{"a":{"b":{}}}"#,
            #"[{"op":"move","from":"/a","path":"/a/b/c"}]"#,
            .invalidPatch
        ),
        PatchCase("the root moved into itself", #"{"a":1}"#, #"[{"op":"move","from":"","path":"/a"}]"#, .invalidPatch),
        PatchCase(
            "a fault behind others",
            "{}",
            #"[{"op":"add","path":"/a","value":1},{"op":"remove"}]"#,
            .invalidPatch,
            at: 1
        ),
        PatchCase("a member that is not there", #"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#, .notFound),
        PatchCase("a member to replace", "{}", #"[{"op":"replace","path":"/b","value":1}]"#, .notFound),
        PatchCase("a parent that is not there", "{}", #"[{"op":"add","path":"/a/b","value":1}]"#, .notFound),
        PatchCase("a member of a string", #"{"a":"x"}"#, #"[{"op":"add","path":"/a/0","value":1}]"#, .notFound),
        PatchCase("a member of null", #"{"a":null}"#, #"[{"op":"add","path":"/a/b","value":1}]"#, .notFound),
        PatchCase("a member of a number root", "1", #"[{"op":"test","path":"/b","value":1}]"#, .notFound),
        PatchCase(
            "a member gone twice",
            #"{"a":1}"#,
            #"[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]"#,
            .notFound,
            at: 1
        ),
        PatchCase("the root gone", "{}", #"[{"op":"remove","path":""}]"#, .notFound),
        PatchCase("a copy from nowhere", "{}", #"[{"op":"copy","from":"/a","path":"/b"}]"#, .notFound),
        PatchCase("a move from nowhere to nowhere", "{}", #"[{"op":"move","from":"/a","path":"/a"}]"#, .notFound),
        PatchCase(
            "a move whose parent it takes away",
            #"{"a":{"b":1}}"#,
            #"[{"op":"move","from":"/a","path":"/c/d"}]"#,
            .notFound
        ),
        PatchCase("another normal form of a name", #"{"é":1}"#, #"[{"op":"remove","path":"/e\u0301"}]"#, .notFound),
        PatchCase("an index too far", "[1]", #"[{"op":"add","path":"/2","value":1}]"#, .outOfRange),
        PatchCase("an index to remove", "[1]", #"[{"op":"remove","path":"/1"}]"#, .outOfRange),
        PatchCase("an index in nothing", "[]", #"[{"op":"replace","path":"/0","value":1}]"#, .outOfRange),
        PatchCase("an index beyond all", "[1]", #"[{"op":"remove","path":"/99999999999999999999999"}]"#, .outOfRange),
        PatchCase("what is behind the last", "[1]", #"[{"op":"remove","path":"/-"}]"#, .outOfRange),
        PatchCase("what is behind the last and on", "[[1]]", #"[{"op":"add","path":"/-/0","value":1}]"#, .outOfRange),
        PatchCase("a test behind the last", "[1]", #"[{"op":"test","path":"/-","value":1}]"#, .outOfRange),
        PatchCase("a leading zero", "[1,2]", #"[{"op":"remove","path":"/01"}]"#, .invalidIndex),
        PatchCase("a sign", "[1,2]", #"[{"op":"add","path":"/+1","value":1}]"#, .invalidIndex),
        PatchCase("a negative index", "[1,2]", #"[{"op":"remove","path":"/-1"}]"#, .invalidIndex),
        PatchCase("an exponent", "[1,2]", #"[{"op":"test","path":"/1e0","value":2}]"#, .invalidIndex),
        PatchCase("no index", "[1,2]", #"[{"op":"add","path":"/a","value":1}]"#, .invalidIndex),
        PatchCase("an empty index", "[1,2]", #"[{"op":"test","path":"/","value":1}]"#, .invalidIndex),
        PatchCase("digits of another script", "[1,2]", #"[{"op":"remove","path":"/١"}]"#, .invalidIndex),
        PatchCase(
            "a test among others",
            #"{"a":1}"#,
            #"[{"op":"add","path":"/b","value":1},{"op":"test","path":"/a","value":2}]"#,
            .testFailed,
            at: 1
        ),
    ]

    @Test("names the operation and the kind of fault", arguments: cases)
    func faults(_ one: PatchCase) throws { try one.check() }

    private static func message(_ patch: String, _ document: String) throws -> String? {
        let error = #expect(throws: JSONPatchError.self) { try PatchCase.apply(patch, to: document) }
        return error.map { "\($0)" }
    }

    @Test("says why in words")
    func words() throws {
        let document = #"{"a":{"list":[1,2]},"s":"x"}"#
        for (patch, message) in [
            (
                #"{"op":"test","path":"/a/list/0","value":"1"}"#,
                "operation 0 (test /a/list/0): the value there is a number, not a string"
            ),
            (
                #"{"op":"test","path":"/a/list","value":[]}"#,
                "operation 0 (test /a/list): the value there is an array too, but another one"
            ),
            (#"{"op":"remove","path":"/a/b"}"#, #"operation 0 (remove /a/b): there is no member "b""#),
            (
                #"{"op":"add","path":"/a/list/3","value":1}"#,
                "operation 0 (add /a/list/3): the index 3 is out of range: the array has 2 elements"
            ),
            (
                #"{"op":"add","path":"/s/x/y","value":1}"#,
                "operation 0 (add /s/x/y): what is at /s is a string and has no members"
            ),
            (
                #"{"op":"add","path":"/s/x","value":1}"#,
                "operation 0 (add /s/x): what is at /s is a string and has no members"
            ),
            (
                #"{"op":"remove","path":""}"#,
                "operation 0 (remove the document): the document as a whole cannot be removed"
            ),
            (
                #"{"op":"add","path":"x","value":1}"#,
                #"operation 0 (add x): "path" is no JSON pointer: it is not empty and does not begin with a slash"#
            ),
            (#"{"op":"move","path":"/x"}"#, #"operation 0 (move /x): the member "from" is missing"#),
            (#"{"path":"/x"}"#, #"operation 0 (/x): the member "op" is missing"#),
        ] {
            #expect(try Self.message("[\(patch)]", document) == message)
        }
        #expect(try Self.message("{}", "{}") == "a patch is an array of operations")
    }

    @Test("does not repeat what a stranger wrote at any length")
    func clipped() throws {
        let long = String(repeating: "x", count: 100_000)
        for patch in [
            #"{"op":"\#(long)","path":"/a"}"#, #"{"op":"remove","path":"/\#(long)"}"#,
            #"{"op":"remove","path":"\#(long)"}"#,
        ] {
            #expect((try Self.message("[\(patch)]", "{}")?.utf8.count ?? .max) < 2000)
        }
    }
}
