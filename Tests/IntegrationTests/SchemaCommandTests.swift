import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The schema command", .serialized)
    struct SchemaCommandTests {
        private struct Outcome {
            let status: Int32
            let output: String
            let error: String
        }

        private static func run(_ arguments: [String], in scratch: ScratchDirectory) throws -> Outcome {
            let base = scratch.path + "/out-\(UUID().uuidString)"
            let child = try ChildProcess(
                [ServerFixture.program, "schema"] + arguments,
                output: base,
                error: base + ".err"
            )
            let status = try #require(child.wait(seconds: 60))
            return Outcome(status: status, output: child.text, error: readText(base + ".err"))
        }

        private static func write(_ text: String, _ name: String, in scratch: ScratchDirectory) throws -> String {
            let path = scratch.path + "/" + name
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
            return path
        }

        @Test("says yes, or every violation, of JSON and YAML")
        func verdicts() async throws {
            try await ScratchDirectory.with { scratch in
                let schema = try Self.write(
                    #"{"type":"object","required":["name"],"properties":{"n":{"type":"integer"}}}"#,
                    "schema.json",
                    in: scratch
                )
                let good = try Self.write(#"{"name":"x","n":1}"#, "good.json", in: scratch)
                let bad = try Self.write("n: one\n", "bad.yaml", in: scratch)
                let yes = try Self.run(["validate", good, "--schema", schema], in: scratch)
                #expect(yes.status == 0 && yes.output == "valid\n", "\(yes)")
                let no = try Self.run(["validate", bad, "--schema", schema], in: scratch)
                #expect(no.status == 1, "\(no)")
                #expect(
                    no.output == "/n is a string, not an integer\nthe value has no 'name', which is required\n",
                    "\(no)"
                )
                let json = try Self.run(["validate", bad, "--schema", schema, "--output", "json"], in: scratch)
                let verdict = try JSONValue(parsing: Array(json.output.utf8))
                #expect(json.status == 1 && verdict["valid"] == false)
                #expect(verdict["violations"]?.array?.map { $0["keyword"]?.string } == ["type", "required"])
            }
        }

        @Test("follows references to the files that are named, and never anywhere else")
        func references() async throws {
            try await ScratchDirectory.with { scratch in
                let schema = try Self.write(
                    ##"{"$ref":"parts/a b.json#/$defs/id"}"##.replacing(" ", with: "%20"),
                    "s.json",
                    in: scratch
                )
                _ = try Self.write(##"{"$defs":{"id":{"$ref":"more.json"}}}"##, "parts/a b.json", in: scratch)
                _ = try Self.write(#"{"minLength":3}"#, "parts/more.json", in: scratch)
                let value = try Self.write(#""ab""#, "value.json", in: scratch)
                let alone = try Self.run(["validate", value, "--schema", schema], in: scratch)
                #expect(alone.status == 2 && alone.error.contains("--reference"), "\(alone)")
                let folder = try Self.run(
                    ["validate", value, "--schema", schema, "--reference", scratch.path + "/parts"],
                    in: scratch
                )
                #expect(folder.status == 1 && folder.output.contains("fewer than 3"), "\(folder)")
                let missing = try Self.run(
                    ["validate", value, "--schema", schema, "--reference", scratch.path + "/none"],
                    in: scratch
                )
                #expect(missing.status != 0 && missing.error.contains("PATH_NOT_READABLE"), "\(missing)")
            }
        }

        @Test(
            "refuses what it cannot use with its reason",
            arguments: [
                (#"{"type":"strin"}"#, "{}", "INVALID_REQUEST"), (#"{"pattern":"^(a+)+$"}"#, "{}", "INVALID_REQUEST"),
                (#"{"type":"#, "{}", "MALFORMED_JSON"), ("{}", "{", "MALFORMED_JSON"),
            ]
        )
        func refusals(_ schema: String, _ value: String, _ code: String) async throws {
            try await ScratchDirectory.with { scratch in
                let rules = try Self.write(schema, "schema.json", in: scratch)
                let file = try Self.write(value, "value.json", in: scratch)
                let outcome = try Self.run(["validate", file, "--schema", rules], in: scratch)
                #expect(outcome.status == 2 && outcome.error.contains(code), "\(outcome)")
            }
        }

        @Test(
            "shows schemas that hold their own examples, and refuse others",
            arguments: [
                (
                    "manifest", #"{"name":"x","version":"1.0.0","runtime":{"command":["x"]}}"#,
                    #"{"name":"x","version":"1.0.0","runtime":{}}"#
                ),
                ("Configuration", #"{"http":{"port":80}}"#, #"{"http":{"port":"80"}}"#),
                (
                    "registration", #"{"source":{"kind":"directory","path":"/x"},"grants":{"network":["a:1"]}}"#,
                    #"{"source":{"kind":"pypi","requirement":"x"}}"#
                ),
                ("invocation", #"{"parameters":{"a":1},"options":null}"#, #"{"options":{"timeout_ms":0}}"#),
            ]
        )
        func shows(_ name: String, _ good: String, _ bad: String) async throws {
            try await ScratchDirectory.with { scratch in
                let shown = try Self.run(["show", name], in: scratch)
                #expect(shown.status == 0)
                let schema = try Self.write(shown.output, "schema.json", in: scratch)
                for (value, status) in [(good, Int32(0)), (bad, 1)] {
                    let file = try Self.write(value, "value.json", in: scratch)
                    let outcome = try Self.run(["validate", file, "--schema", schema], in: scratch)
                    #expect(outcome.status == status, "\(value): \(outcome)")
                }
            }
            try await ScratchDirectory.with { scratch in
                let outcome = try Self.run(["show", "nothing"], in: scratch)
                #expect(outcome.status == 2 && outcome.error.contains("manifest"))
            }
        }
    }
}
