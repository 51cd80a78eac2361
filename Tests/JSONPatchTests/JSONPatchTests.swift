import JSON
import JSONPatch
import Testing

@Suite("A patch")
struct JSONPatchTests {
    private static let results = [
        PatchCase("nothing", #" { "a" : 1 } "#, "[]", #"{ "a" : 1 }"#),
        PatchCase(
            "a member",
            #"{"a":1}"#,
            #"[{"op":"add","path":"/b","value":{"c":null}}]"#,
            #"{"a":1,"b":{"c":null}}"#
        ),
        PatchCase("a member of nothing", "{}", #"[{"op":"add","path":"/b","value":1}]"#, #"{"b":1}"#),
        PatchCase(
            "a member again",
            #"{"a":1,"b":2}"#,
            #"[{"op":"add","path":"/a","value":[ 3 ]}]"#,
            #"{"a":[ 3 ],"b":2}"#
        ),
        PatchCase("null over a value", #"{"a":1}"#, #"[{"op":"add","path":"/a","value":null}]"#, #"{"a":null}"#),
        PatchCase("an empty name", #"{"":1}"#, #"[{"op":"replace","path":"/","value":2}]"#, #"{"":2}"#),
        PatchCase("an empty name inside", #"{"a":{}}"#, #"[{"op":"add","path":"/a/","value":2}]"#, #"{"a":{"":2}}"#),
        PatchCase(
            "a name of digits",
            #"{}"#,
            #"[{"op":"add","path":"/01","value":2},{"op":"add","path":"/-","value":3}]"#,
            #"{"01":2,"-":3}"#
        ),
        PatchCase("the root", #"{"a":1}"#, #"[{"op":"add","path":"","value":[1.0]}]"#, "[1.0]"),
        PatchCase("the root anew", "1", #"[{"op":"replace","path":"","value":"x"}]"#, #""x""#),
        PatchCase(
            "the root and on",
            "1",
            #"[{"op":"add","path":"","value":[]},{"op":"add","path":"/0","value":7}]"#,
            "[7]"
        ),
        PatchCase("an element before", "[1, 2]", #"[{"op":"add","path":"/0","value":0}]"#, "[0,1, 2]"),
        PatchCase("an element between", "[1, 2, 3]", #"[{"op":"add","path":"/2","value":0}]"#, "[1, 2,0,3]"),
        PatchCase("an element at the end", "[1,2]", #"[{"op":"add","path":"/2","value":0}]"#, "[1,2,0]"),
        PatchCase("an element behind", "[1,2]", #"[{"op":"add","path":"/-","value":[3]}]"#, "[1,2,[3]]"),
        PatchCase(
            "an element of nothing",
            "[ ]",
            #"[{"op":"add","path":"/0","value":0},{"op":"add","path":"/-","value":1}]"#,
            "[0,1]"
        ),
        PatchCase("a member gone", #"{"a":1,"b":2,"c":3}"#, #"[{"op":"remove","path":"/b"}]"#, #"{"a":1,"c":3}"#),
        PatchCase("the only member gone", #"{"a":1}"#, #"[{"op":"remove","path":"/a"}]"#, "{}"),
        PatchCase(
            "a member gone and back",
            #"{"a":1,"b":2}"#,
            #"[{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":3}]"#,
            #"{"b":2,"a":3}"#
        ),
        PatchCase(
            "a new member gone and back",
            "{}",
            #"[{"op":"add","path":"/a","value":3},{"op":"remove","path":"/a"},{"op":"add","path":"/a","value":4}]"#,
            #"{"a":4}"#
        ),
        PatchCase("an element gone", "[1, 2, 3]", #"[{"op":"remove","path":"/1"}]"#, "[1,3]"),
        PatchCase("all elements gone", "[1,2]", #"[{"op":"remove","path":"/1"},{"op":"remove","path":"/0"}]"#, "[]"),
        PatchCase("a null gone", #"{"a":null}"#, #"[{"op":"remove","path":"/a"}]"#, "{}"),
        PatchCase(
            "a member replaced in its place",
            #"{"a" : 1 , "b":2}"#,
            #"[{"op":"replace","path":"/a","value":9}]"#,
            #"{"a":9,"b":2}"#
        ),
        PatchCase(
            "an element replaced",
            "[1,[2,3]]",
            #"[{"op":"replace","path":"/1/0","value":{"x":1}}]"#,
            #"[1,[{"x":1},3]]"#
        ),
        PatchCase(
            "a member moved",
            #"{"a":{"b":1},"c":{}}"#,
            #"[{"op":"move","from":"/a/b","path":"/c/d"}]"#,
            #"{"a":{},"c":{"d":1}}"#
        ),
        PatchCase("an element moved on", "[1,2,3]", #"[{"op":"move","from":"/0","path":"/2"}]"#, "[2,3,1]"),
        PatchCase("an element moved to the end", "[1,2,3]", #"[{"op":"move","from":"/0","path":"/-"}]"#, "[2,3,1]"),
        PatchCase(
            "a value moved to where it is",
            #"{"a":1}"#,
            #"[{"op":"move","from":"/a","path":"/a"}]"#,
            #"{"a":1}"#
        ),
        PatchCase("the root moved to where it is", #"{"a":1}"#, #"[{"op":"move","from":"","path":""}]"#, #"{"a":1}"#),
        PatchCase(
            "a value moved to the root",
            #"{"a":{"b":1}}"#,
            #"[{"op":"move","from":"/a","path":""}]"#,
            #"{"b":1}"#
        ),
        PatchCase(
            "a value moved over what holds it",
            #"{"a":{"b":{"c":1}}}"#,
            #"[{"op":"move","from":"/a/b","path":"/a"}]"#,
            #"{"a":{"c":1}}"#
        ),
        PatchCase("a null moved", #"{"a":null}"#, #"[{"op":"move","from":"/a","path":"/b"}]"#, #"{"b":null}"#),
        PatchCase(
            "a value copied",
            #"{"a":[1, 2]}"#,
            #"[{"op":"copy","from":"/a","path":"/b"}]"#,
            #"{"a":[1, 2],"b":[1, 2]}"#
        ),
        PatchCase("the root copied", #"{"a":1}"#, #"[{"op":"copy","from":"","path":"/b"}]"#, #"{"a":1,"b":{"a":1}}"#),
        PatchCase(
            "a copy that stays as it is",
            #"{"a":{"x":[1]}}"#,
            #"[{"op":"add","path":"/a/x/0","value":0},{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/b/x/-","value":2},{"op":"remove","path":"/a/x/0"},{"op":"add","path":"/a/y","value":3}]"#,
            #"{"a":{"x":[1],"y":3},"b":{"x":[0,1,2]}}"#
        ),
        PatchCase(
            "a patch's value that is changed in one place",
            "{}",
            #"[{"op":"add","path":"/a","value":{"x":1}},{"op":"copy","from":"/a","path":"/b"},{"op":"remove","path":"/a/x"}]"#,
            #"{"a":{},"b":{"x":1}}"#
        ),
        PatchCase(
            "numbers as they were",
            #"{"a":1.0,"b":[1e400,-0,123456789012345678901234567890,0.10]}"#,
            #"[{"op":"add","path":"/b/1","value":1E+2}]"#,
            #"{"a":1.0,"b":[1e400,1E+2,-0,123456789012345678901234567890,0.10]}"#
        ),
        PatchCase(
            "names as they were",
            #"{"\u0061":"\u00e9\/","b":1}"#,
            #"[{"op":"remove","path":"/b"},{"op":"test","path":"/a","value":"é/"}]"#,
            #"{"\u0061":"\u00e9\/"}"#
        ),
        PatchCase(
            "escapes",
            #"{"a/b":1,"m~n":2,"~1":3}"#,
            #"[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/~01"},{"op":"test","path":"/m~0n","value":2}]"#,
            #"{"m~n":2}"#
        ),
        PatchCase("names that need escapes", "{}", #"[{"op":"add","path":"/\"\\\n","value":1}]"#, #"{"\"\\\n":1}"#),
        PatchCase(
            "unknown members",
            "{}",
            #"[{"op":"add","path":"/a","value":1,"comment":[{}],"from":7}]"#,
            #"{"a":1}"#
        ),
    ]

    private static let equalities = [
        ("1", "1.0"), ("1", "1e0"), ("100", "1E2"), ("-0", "0.00"), ("0.5", "5e-1"), ("1e400", "10e399"),
        ("123456789012345678901234567890.5", "1234567890123456789012345678905e-1"),
        ("1e99999999999999999999", "10e99999999999999999998"), (#""é""#, #""\u00e9""#), (#""\ud83d\ude00""#, #""😀""#),
        (#"{"a":1,"b":[2]}"#, #"{ "b":[ 2.0 ],"\u0061":1 }"#), ("[]", "[ ]"), ("null", "null"),
        (#"[[1,{"x":[]}],"y"]"#, #"[ [1.0, {"x":[]}] , "y"]"#),
    ]

    private static let differences = [
        ("1", "\"1\""), ("0", "false"), ("null", "0"), ("null", "false"), ("[]", "{}"), ("[]", "null"), ("1", "-1"),
        ("123456789012345678901234567890", "123456789012345678901234567891"), ("1e400", "1e401"), ("1e400", "2e400"),
        ("1e99999999999999999999", "1e99999999999999999998"), (#""é""#, #""e\u0301""#), ("[1,2]", "[2,1]"),
        (#"{"a":1}"#, #"{"a":1,"b":2}"#), (#"{"a":1}"#, #"{"b":1}"#), ("[1]", "[1,1]"),
        ("0.1", "0.10000000000000000001"),
    ]

    @Test("changes what it names", arguments: results)
    func changes(_ one: PatchCase) throws { try one.check() }

    @Test("tests for equality by value")
    func equality() throws {
        for (left, right) in Self.equalities {
            for (value, expected) in [(left, right), (right, left)] {
                #expect(try PatchCase.apply(#"[{"op":"test","path":"","value":\#(expected)}]"#, to: value) == value)
                let list = #"[{"op":"add","path":"/0","value":7},{"op":"test","path":"","value":[7,\#(expected)]}]"#
                #expect(try PatchCase.apply(list, to: "[\(value)]") == "[7,\(value)]")
            }
        }
        for (left, right) in Self.differences {
            for (value, expected) in [(left, right), (right, left)] {
                let patch = #"[{"op":"test","path":"","value":\#(expected)}]"#
                try PatchCase("", value, patch, .testFailed).check()
                let touched =
                    #"[{"op":"add","path":"/b","value":7},{"op":"test","path":"","value":{"b":7,"a":\#(expected)}}]"#
                try PatchCase("", #"{"a":\#(value)}"#, touched, .testFailed, at: 1).check()
            }
        }
    }

    @Test("is written as it was read")
    func written() throws {
        let text =
            #"[{"op":"add","path":"/a~1","value":1.0},{"op":"remove","path":""},{"op":"replace","path":"/b","value":null},"#
            + #"{"op":"move","from":"/c","path":"/d"},{"op":"copy","from":"/e","path":"/f"},{"op":"test","path":"/g","value":[]}]"#
        let patch = try JSONPatch(parsing: Array(text.utf8))
        #expect(String(decoding: patch.bytes, as: UTF8.self) == text)
        #expect(patch.operations.map(\.name) == ["add", "remove", "replace", "move", "copy", "test"])
        #expect(patch.operations.map(\.path.text) == ["/a~1", "", "/b", "/d", "/f", "/g"])
    }

    @Test("is made of operations that are at hand, and makes a document")
    func made() throws {
        let patch = JSONPatch([.add(JSONPointer(["list", "-"]), try JSONDocument("[true]").root)])
        let result: JSONDocument = try patch.apply(to: JSONDocument(#"{"list":[]}"#))
        #expect(result.root["list"]?.bytes.elementsEqual("[[true]]".utf8) == true)
        let inside = JSONPatch([.move(from: JSONPointer(["a"]), to: JSONPointer(["a", "b"]))])
        let error = #expect(throws: JSONPatchError.self) {
            try inside.apply(to: JSONDocument(#"{"a":{}}"#)) as JSONDocument
        }
        #expect(error?.kind == .invalidPatch)
    }

    @Test("of a value inside of a document leaves the rest alone")
    func inside() throws {
        let document = try JSONDocument(#"{"body":{"a":[1,2]},"patch":[{"op":"remove","path":"/a/0"}]}"#)
        let patch = try JSONPatch(try #require(document.root["patch"]))
        let bytes: [UInt8] = try patch.apply(to: try #require(document.root["body"]))
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":[2]}"#)
    }
}
