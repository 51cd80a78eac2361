import Foundation
import HeddleTestSupport
import JSON
import Testing

@testable import JSONPatch

@Suite("Random patches")
struct PatchPropertyTests {
    @Test(
        "do what a slow reading of the RFC does, and know the size of what comes",
        arguments: [1, 2, 3, 4] as [UInt64]
    )
    func model(_ seed: UInt64) throws {
        var generator = PatchGenerator(seed: seed)
        var applied = 0
        for _ in 0..<600 {
            let document = generator.value()
            let patch = generator.patch(of: document)
            let text = try JSONDocument(generator.written(document))
            let read = try? JSONPatch(parsing: Array(generator.written(patch).utf8))
            let expected = PatchModel.apply(patch, to: document)
            let bytes: [UInt8]? = try? read?.apply(to: text.root)
            #expect(
                try bytes.map { try JSONValue(parsing: $0).text } == expected?.text,
                "\(document.text) \(patch.text)"
            )
            guard expected != nil, let read else { continue }
            applied += 1
            var tree = PatchTree(text.root, limits: JSONPatchLimits())
            for operation in read.operations { try tree.apply(operation) }
            #expect(tree.bytes().count == tree.byteCount, "\(document.text) \(patch.text)")
            #expect(tree.bytes() == bytes)
        }
        #expect((100..<600).contains(applied), "\(applied)")
    }

    @Test("one of many runs and lists does what a plain array does")
    func longLists() throws {
        var generator = SplitMix64(seed: 5)
        for count in [0, 1, 1000] {
            var model = (0..<count).map { "\($0)" }
            let document = try JSONDocument("[" + model.joined(separator: ", ") + "]")
            var tree = PatchTree(document.root, limits: JSONPatchLimits())
            for step in 0..<5000 {
                let position = Int.random(in: 0...model.count, using: &generator)
                let value = "\"\(step)\""
                let (pointer, view) = (JSONPointer([String(position)]), try JSONDocument(value).root)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where position < model.count:
                    model.remove(at: position)
                    try tree.apply(.remove(pointer))
                case 1 where position < model.count:
                    model[position] = value
                    try tree.apply(.replace(pointer, view))
                default:
                    model.insert(value, at: position)
                    try tree.apply(.add(pointer, view))
                }
            }
            #expect(try JSONValue(parsing: tree.bytes()).text == "[" + model.joined(separator: ",") + "]")
            #expect(tree.bytes().count == tree.byteCount)
        }
    }

    @Test("that are no patches are refused and nothing else")
    func nonsense() throws {
        var generator = PatchGenerator(seed: 8)
        for _ in 0..<1000 {
            let document = generator.value()
            let patch = generator.changed(generator.patch(of: document))
            let text = generator.written(patch)
            do throws(JSONPatchError) {
                let bytes = try JSONPatch(parsing: Array(text.utf8)).bytes
                let again = try JSONPatch(parsing: bytes)
                #expect(again.bytes == bytes)
            } catch {
                #expect(error.kind == .invalidPatch)
            }
        }
    }

    @Test("that change different places may come in any order")
    func independent() throws {
        var generator = PatchGenerator(seed: 6)
        for _ in 0..<300 {
            var object = JSONObject()
            for index in 0..<20 { object["m\(index)"] = ["x": generator.value(depth: 2)] }
            let document = try JSONDocument(JSONValue.object(object).bytes)
            var operations = try (0..<20)
                .map { index -> JSONPatch.Operation in
                    let (whole, inside) = (JSONPointer(["m\(index)"]), JSONPointer(["m\(index)", "x"]))
                    let value = try JSONDocument(generator.value(depth: 2).bytes).root
                    return generator.pick([.replace(inside, value), .remove(inside), .add(whole, value)])
                }
            let first: [UInt8] = try JSONPatch(operations).apply(to: document.root)
            operations.shuffle(using: &generator)
            #expect(try JSONPatch(operations).apply(to: document.root) == first)
        }
    }

    @Test(
        "do what Python's jsonpatch does",
        .enabled(
            if: TestEnvironment.clientPython != nil || TestEnvironment.isCI,
            "skipped: no Python with the package jsonpatch"
        )
    )
    func peer() async throws {
        let python = try #require(TestEnvironment.clientPython, "HEDDLE_TEST_PYTHON names no interpreter")
        var generator = PatchGenerator(seed: 7, isPlain: true)
        let cases = (0..<2000)
            .map { _ -> JSONValue in
                let document = generator.value()
                return ["document": document, "patch": generator.patch(of: document)]
            }
        let answers = try await ScratchDirectory.with { scratch in
            try scratch.write("cases", cases.map { $0.text + "\n" }.joined())
            try scratch.write("answers", "")
            let process = Process()
            process.executableURL = URL(filePath: python)
            process.arguments = [TestEnvironment.checkout + "/Tests/Fixtures/json_patch.py"]
            process.standardInput = try FileHandle(forReadingFrom: URL(filePath: scratch.path + "/cases"))
            process.standardOutput = try FileHandle(forWritingTo: URL(filePath: scratch.path + "/answers"))
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
            let text = try String(contentsOf: URL(filePath: scratch.path + "/answers"), encoding: .utf8)
            return text.split(separator: "\n").map(String.init)
        }
        try #require(answers.count == cases.count)
        var applied = 0
        for (one, answer) in zip(cases, answers) {
            let patch = try? JSONPatch(parsing: try #require(one["patch"]).bytes)
            let document = try JSONDocument(try #require(one["document"]).bytes)
            let result: JSONDocument? = try? patch?.apply(to: document)
            let expected = try JSONDocument(answer).root["result"]
            #expect(result?.root.canonicalBytes == expected?.canonicalBytes, "\(one.text) \(answer)")
            applied += result == nil ? 0 : 1
        }
        #expect((200..<2000).contains(applied), "\(applied)")
    }
}
