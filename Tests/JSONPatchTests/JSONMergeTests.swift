import JSON
import JSONPatch
import Testing

@Suite("A three-way merge")
struct JSONMergeTests {
    private static func merge(
        _ base: String,
        _ ours: String,
        _ theirs: String,
        _ policy: JSONMerge.Policy = .reject
    ) throws -> JSONMerge {
        try JSONMerge(
            base: JSONDocument(base).root,
            ours: JSONDocument(ours).root,
            theirs: JSONDocument(theirs).root,
            policy: policy
        )
    }

    private static func text(_ merge: JSONMerge) -> String? { merge.merged.map { String(decoding: $0, as: UTF8.self) } }

    @Test(
        "takes what each side changed",
        arguments: [
            ("1", "1", "2", "2"), ("1", "2", "1", "2"), ("1", "2", "2.0", "2"), ("1", "1.0", "1", "1.0"),
            (#"{"a":1,"b":2}"#, #"{"a":9,"b":2}"#, #"{"a":1,"b":8,"c":7}"#, #"{"a":9,"b":8,"c":7}"#),
            (#"{"a":1,"b":2,"c":3}"#, #"{"b":2,"c":3}"#, #"{"a":1,"c":3}"#, #"{"c":3}"#),
            (#"{"a":1}"#, "{}", "{}", "{}"), (#"{"a":1}"#, #"{"a":1,"b":2}"#, #"{"b":2}"#, #"{"b":2}"#),
            (#"{"a":{"x":1,"y":1}}"#, #"{"a":{"x":2,"y":1}}"#, #"{"a":{"x":1,"y":2}}"#, #"{"a":{"x":2,"y":2}}"#),
            ("{}", #"{"a":{"x":1}}"#, #"{"a":{"y":2}}"#, #"{"a":{"x":1,"y":2}}"#),
            (#"{"b":1,"a":1}"#, #"{"a":2,"b":1}"#, #"{"b":1,"a":1,"c":1.0}"#, #"{"a":2,"b":1,"c":1.0}"#),
            ("[1,2,3,4]", "[0,1,2,3,4]", "[1,2,3,4,5]", "[0,1,2,3,4,5]"),
            ("[1,2,3,4]", "[1,3,4]", "[1,2,3,4,5]", "[1,3,4,5]"), ("[1,2,3,4]", "[9,2,3,4]", "[1,2,3,8]", "[9,2,3,8]"),
            ("[1,2]", "[9,2]", "[1,8]", "[9,8]"), ("[1,2,3]", "[1,7,2,3]", "[1,7,2,3,4]", "[1,7,2,3,4]"),
            ("[1,2]", "[]", "[]", "[]"), ("[[1,2],5]", "[[1,2,3],5]", "[[0,1,2],5]", "[[0,1,2,3],5]"),
            (
                #"[{"id":1,"n":"a","m":0},{"id":2}]"#, #"[{"id":1,"n":"b","m":0},{"id":2}]"#,
                #"[{"id":1,"n":"a","m":1},{"id":2},{"id":3}]"#, #"[{"id":1,"n":"b","m":1},{"id":2},{"id":3}]"#
            ),
        ] as [(String, String, String, String)]
    )
    func clean(_ base: String, _ ours: String, _ theirs: String, _ merged: String) throws {
        for policy in JSONMerge.Policy.allCases {
            let merge = try Self.merge(base, ours, theirs, policy)
            #expect(Self.text(merge) == merged)
            #expect(merge.conflicts.isEmpty)
        }
    }

    @Test(
        "says where both sides changed the same",
        arguments: [
            ("1", "2", "3", [""], "2", "3"), (#"{"a":1}"#, #"{"a":2}"#, "{}", ["/a"], #"{"a":2}"#, "{}"),
            (#"{"a":1}"#, "{}", #"{"a":2}"#, ["/a"], "{}", #"{"a":2}"#),
            ("{}", #"{"a/b":1}"#, #"{"a/b":2}"#, ["/a~1b"], #"{"a/b":1}"#, #"{"a/b":2}"#),
            (
                #"{"a":{"x":1,"y":1,"z":1}}"#, #"{"a":{"x":2,"y":2,"z":1}}"#, #"{"a":{"x":3,"y":3,"z":4}}"#,
                ["/a/x", "/a/y"],
                #"{"a":{"x":2,"y":2,"z":4}}"#, #"{"a":{"x":3,"y":3,"z":4}}"#
            ),
            (#"{"a":1}"#, #"{"a":{"x":1}}"#, #"{"a":{"y":1}}"#, ["/a"], #"{"a":{"x":1}}"#, #"{"a":{"y":1}}"#),
            (#"{"a":{}}"#, #"{"a":{"x":1}}"#, #"{"a":[]}"#, ["/a"], #"{"a":{"x":1}}"#, #"{"a":[]}"#),
            ("[1,2,3]", "[1,2,3,4]", "[1,2,3,5]", [""], "[1,2,3,4]", "[1,2,3,5]"),
            ("[1,2,3]", "[1,9,3]", "[1,8,3,4]", ["/1"], "[1,9,3,4]", "[1,8,3,4]"),
            ("[1,2,3]", "[0,1,9,3]", "[1,8,3]", ["/2"], "[0,1,9,3]", "[0,1,8,3]"),
            ("[1,2]", "[2,3]", "[7,8]", [""], "[2,3]", "[7,8]"), ("[1]", "[]", "[2]", [""], "[]", "[2]"),
            ("{}", #"{"a":[1]}"#, #"{"a":[2]}"#, ["/a"], #"{"a":[1]}"#, #"{"a":[2]}"#),
            (
                #"[{"id":1,"n":"a"},5]"#, #"[{"id":1,"n":"b"},5]"#, #"[{"id":1,"n":"c"},6]"#, ["/0/n"],
                #"[{"id":1,"n":"b"},6]"#, #"[{"id":1,"n":"c"},6]"#
            ),
            (
                #"[{"id":1,"n":"a"},5]"#, #"[{"id":2,"n":"a"},5]"#, #"[{"id":1,"n":"c"},5]"#, ["/0"],
                #"[{"id":2,"n":"a"},5]"#, #"[{"id":1,"n":"c"},5]"#
            ),
            (
                #"[{"n":1,"user_id":1},3]"#, #"[{"n":2,"user_id":1},4]"#, #"[{"n":1},5]"#, ["/0", "/1"],
                #"[{"n":2,"user_id":1},4]"#, #"[{"n":1},5]"#
            ),
            (
                #"{"a":{"id":1,"n":1}}"#, #"{"a":{"id":2,"n":1}}"#, #"{"a":{"id":3,"n":2}}"#, ["/a/id"],
                #"{"a":{"id":2,"n":2}}"#, #"{"a":{"id":3,"n":2}}"#
            ),
        ] as [(String, String, String, [String], String, String)]
    )
    func conflicts(
        _ base: String,
        _ ours: String,
        _ theirs: String,
        _ paths: [String],
        _ ourResult: String,
        _ theirResult: String
    ) throws {
        let rejected = try Self.merge(base, ours, theirs)
        #expect(rejected.merged == nil)
        #expect(rejected.conflicts.map(\.path.text) == paths)
        #expect(try Self.text(Self.merge(base, ours, theirs, .ours)) == ourResult)
        #expect(try Self.text(Self.merge(base, ours, theirs, .theirs)) == theirResult)
        #expect(try Self.merge(base, ours, theirs, .theirs).conflicts.map(\.path.text) == paths)
    }

    @Test("shows the values of a conflict")
    func values() throws {
        let conflict = try #require(Self.merge(#"{"a":1}"#, #"{"a":1.50}"#, "{}").conflicts.first)
        #expect(conflict.base?.bytes.elementsEqual("1".utf8) == true)
        #expect(conflict.ours?.bytes.elementsEqual("1.50".utf8) == true)
        #expect(conflict.theirs == nil)
    }

    @Test("of lists that changed too much is a conflict of the whole")
    func bounds() throws {
        func list(_ range: Range<Int>) -> String { "[" + range.map(String.init).joined(separator: ",") + "]" }
        let merge = try Self.merge(list(0..<3000), list(3000..<6000), list(6000..<9000))
        #expect(merge.conflicts.map(\.path.text) == [""])
        let grown = try Self.merge(list(100..<3000), list(0..<3000), list(100..<3100))
        #expect(Self.text(grown) == list(0..<3100))
    }

    @Test(
        "of one side that changed is that side; of both, without conflicts, is the same from either side",
        arguments: [1, 2, 3] as [UInt64]
    )
    func random(_ seed: UInt64) throws {
        var generator = PatchGenerator(seed: seed)
        var clean = 0
        for _ in 0..<250 {
            let base = generator.value()
            let (ours, theirs) = (generator.changed(base), generator.changed(base))
            let (baseText, text, otherText) = (
                generator.written(base), generator.written(ours), generator.written(theirs)
            )
            #expect(try Self.text(Self.merge(baseText, text, baseText)) == text)
            let taken = try #require(Self.merge(baseText, baseText, text).merged)
            #expect(try JSONDocument(taken).root.canonicalBytes == PatchModel.canonical(ours))
            #expect(try Self.text(Self.merge(baseText, text, text)) == text)
            let (merge, other) = (try Self.merge(baseText, text, otherText), try Self.merge(baseText, otherText, text))
            #expect(merge.conflicts.count == other.conflicts.count)
            #expect(
                try merge.merged.map { try JSONDocument($0).root.canonicalBytes }
                    == other.merged.map { try JSONDocument($0).root.canonicalBytes }
            )
            if merge.merged != nil { clean += 1 }
            for policy in [JSONMerge.Policy.ours, .theirs] {
                let decided = try #require(Self.merge(baseText, text, otherText, policy).merged)
                _ = try JSONDocument(decided)
            }
        }
        #expect((40..<250).contains(clean), "\(clean)")
    }
}
