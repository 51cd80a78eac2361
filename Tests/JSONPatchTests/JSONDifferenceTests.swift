import HeddleTestSupport
import JSON
import JSONPatch
import Testing

@Suite("A difference")
struct JSONDifferenceTests {
    private static func patch(
        _ old: String,
        _ new: String,
        _ limits: JSONDifference.Limits = JSONDifference.Limits()
    ) throws -> String {
        let difference = try JSONDifference(from: JSONDocument(old).root, to: JSONDocument(new).root, limits: limits)
        let forward: JSONDocument = try difference.patch.apply(to: JSONDocument(old))
        #expect(try forward.root.canonicalBytes == JSONDocument(new).root.canonicalBytes)
        let back: JSONDocument = try difference.inverse.apply(to: JSONDocument(new))
        #expect(try back.root.canonicalBytes == JSONDocument(old).root.canonicalBytes)
        return String(decoding: difference.patch.bytes, as: UTF8.self)
    }

    private static let filler = #""long":"a text that is longer than any of the changes would be by themselves""#

    @Test("of equal documents is empty, however they are written")
    func equal() throws {
        #expect(try Self.patch("1", "1.0") == "[]")
        #expect(try Self.patch(#"{"a":[1,"é"],"b":null}"#, #"{ "b":null, "a":[ 1e0, "\u00e9" ] }"#) == "[]")
    }

    @Test("names the members that changed")
    func members() throws {
        #expect(
            try Self.patch(
                #"{"a":1,"b":2,"c":{"d":3},\#(Self.filler)}"#,
                #"{"b":2,"c":{"d":4},"e/f":5,\#(Self.filler)}"#
            )
                == #"[{"op":"remove","path":"/a"},{"op":"replace","path":"/c/d","value":4},{"op":"add","path":"/e~1f","value":5}]"#
        )
        #expect(
            try Self.patch(#"{"c":{"d":3,\#(Self.filler)}}"#, #"{"c":{"d":null,\#(Self.filler)}}"#)
                == #"[{"op":"replace","path":"/c/d","value":null}]"#
        )
        #expect(try Self.patch("1", "[]") == #"[{"op":"replace","path":"","value":[]}]"#)
    }

    @Test("finds the elements that came and went")
    func elements() throws {
        let words = (0..<20).map { #""the element with the number \#($0)""# }
        func list(_ words: [String]) -> String { "[" + words.joined(separator: ",") + "]" }
        var changed = words
        changed.insert("1", at: 3)
        #expect(try Self.patch(list(words), list(changed)) == #"[{"op":"add","path":"/3","value":1}]"#)
        changed.remove(at: 10)
        #expect(
            try Self.patch(list(words), list(changed))
                == #"[{"op":"add","path":"/3","value":1},{"op":"remove","path":"/10"}]"#
        )
        changed[15] = "2"
        changed.append("3")
        #expect(
            try Self.patch(list(words), list(changed))
                == #"[{"op":"add","path":"/3","value":1},{"op":"remove","path":"/10"},{"op":"replace","path":"/15","value":2},"#
                + #"{"op":"add","path":"/20","value":3}]"#
        )
    }

    @Test("of lists that have little in common stays below its bounds")
    func bounds() throws {
        var generator = SplitMix64(seed: 1)
        func list(_ count: Int) -> String {
            "["
                + (0..<count).map { _ in String(Int.random(in: 0..<1_000_000, using: &generator)) }
                .joined(separator: ",") + "]"
        }
        let (old, new) = (list(5000), list(5100))
        #expect(try Self.patch(old, new) == #"[{"op":"replace","path":"","value":\#(new)}]"#)
        let padding = (0..<200).map { _ in #"{"x":0,\#(Self.filler)}"# }.joined(separator: ",")
        let changed = padding.replacing(#""x":0"#, with: #""x":1"#)
        var limits = JSONDifference.Limits()
        #expect(
            try Self.patch("[\(padding)]", "[\(changed)]", limits)
                .contains(#"{"op":"replace","path":"/199/x","value":1}"#)
        )
        limits.operations = 199
        #expect(
            try Self.patch("[\(padding)]", "[\(changed)]", limits)
                == #"[{"op":"replace","path":"","value":[\#(changed)]}]"#
        )
        limits.operations = 200
        limits.edits = 0
        #expect(try Self.patch("[\(padding)]", "[\(changed)]", limits).contains("/199/x"))
    }

    @Test("turns one into the other, and back", arguments: [1, 2, 3] as [UInt64])
    func random(_ seed: UInt64) throws {
        var generator = PatchGenerator(seed: seed)
        for _ in 0..<250 {
            let old = generator.value()
            var new = Bool.random(using: &generator) ? generator.value() : generator.changed(old)
            if Bool.random(using: &generator) { new = generator.changed(new) }
            var limits = JSONDifference.Limits()
            limits.edits = generator.pick([0, 1, 3, 256])
            limits.operations = generator.pick([1, 4, 10_000])
            let text = try Self.patch(generator.written(old), generator.written(new), limits)
            #expect(try JSONDocument(text).root.count <= limits.operations)
            #expect(text.utf8.count <= new.text.utf8.count * 8 + 64)
        }
    }
}
