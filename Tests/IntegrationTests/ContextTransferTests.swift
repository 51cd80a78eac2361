import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Contexts that go from one server to another", .serialized)
    struct ContextTransferTests {
        private static func lines(_ path: String) throws -> [JSONValue] {
            try readText(path).split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        }

        private static func file(_ server: ServerFixture, _ name: String, _ text: String) throws -> String {
            try server.scratch.write(name, text)
            return "\(server.scratch.path)/\(name)"
        }

        /// A line without what only its server knows.
        private static func content(_ line: JSONValue) -> JSONValue {
            var object = line.object ?? JSONObject()
            object["cursor"] = nil
            return .object(object)
        }

        @Test(
            "twelve thousand lines are stored, those that are wrong are told with their numbers, and again nothing changes"
        )
        func many() async throws {
            try await ServerFixture.with { server in
                var (lines, bad): ([String], [Int]) = ([], [])
                for number in 1...12_000 {
                    if number % 1500 == 7 {
                        bad.append(number)
                        lines.append(number % 2 == 0 ? "{" : #"{"name":"n\#(number)","type":"round"}"#)
                    } else {
                        let id = UUID().uuidString.lowercased()
                        lines.append(#"{"context_id":"\#(id)","name":"n\#(number)","type":"parallel"}"#)
                    }
                }
                let path = try Self.file(server, "lines", lines.joined(separator: "\n"))
                let first = try server.command(["context", "import", path, "--output", "json"], seconds: 300)
                let report = try JSONValue(parsing: Array(first.output.utf8))
                #expect(first.status == 1 && report["lines"] == 12_000)
                #expect(report["created"]?.integer == 12_000 - bad.count && report["failed"]?.integer == bad.count)
                #expect((report["errors"]?.array ?? []).compactMap { $0["line"]?.integer }.sorted() == bad)
                let total = try server.request("GET", ServerFixture.contexts + "?total=true&limit=1").json["total"]
                #expect(total?.integer == 12_000 - bad.count)

                let good = lines.filter { $0.hasPrefix("{\"context_id\"") }
                let again = try Self.file(server, "good", good.joined(separator: "\n"))
                let skipped = try server.command(["context", "import", again, "--skip-existing"], seconds: 300)
                #expect(skipped.status == 0, "\(skipped)")
                #expect(skipped.output == "0 created, \(good.count) skipped, 0 failed of \(good.count) lines\n")
                let refused = try server.command(["context", "import", again, "--output", "json"], seconds: 300)
                #expect(refused.status == 1)
                #expect(
                    try JSONValue(parsing: Array(refused.output.utf8))["is_cut"] == true,
                    "a thousand errors are told"
                )
            }
        }

        @Test("an export that is imported elsewhere gives the same contexts")
        func roundTrip() async throws {
            try await ServerFixture.with { server in
                for number in 0..<5 {
                    let id = try server.contextID(
                        "Ω \(number)",
                        ["metadata": ["tags": ["t"], "custom_data": ["n": .number("1.50")]]]
                    )
                    let participants = try (0..<3)
                        .map { JSONValue.string(try server.join(id, "agent \($0)", ["roles": ["viewer"]])) }
                    let body: JSONValue = [
                        "name": "s", "participants": .array(participants), "configuration": ["max_duration": 1_000_000],
                    ]
                    _ = try server.request("POST", ServerFixture.context(id, "sessions"), body: body.text)
                    let item = #"{"value":{"x":[1.0,"ü"]},"description":"d"}"#
                    _ = try server.request("PUT", ServerFixture.context(id, "metadata", "a%2Fb"), body: item)
                    #expect(
                        try server.patchState(id, ["n": .integer(number), "deep": ["é": [1, 2]]], merges: true).status
                            == 200
                    )
                    if number == 3 {
                        _ = try server.request("PATCH", ServerFixture.context(id), body: #"{"status":"paused"}"#)
                    }
                }
                let file = server.scratch.path + "/export"
                #expect(try server.json("context", "export", file)["lines"] == 5)
                try await ServerFixture.with { other in
                    let report = try other.json("context", "import", file)
                    #expect(report["created"] == 5 && report["failed"] == 0, "\(report.text)")
                    let second = other.scratch.path + "/export"
                    _ = try other.json("context", "export", second)
                    #expect(try Self.lines(second).map(Self.content) == Self.lines(file).map(Self.content))
                    for line in try Self.lines(file) {
                        let path = ServerFixture.context(line["context"]?["context_id"]?.string ?? "")
                        for part in ["", "/participants", "/sessions", "/metadata", "/state"] {
                            let (here, there) = (
                                try server.request("GET", path + part), try other.request("GET", path + part)
                            )
                            #expect(here.body == there.body, "\(part): \(here.json.text) \(there.json.text)")
                        }
                    }
                    // And it lives on there.
                    let id = try Self.lines(file)[0]["context"]?["context_id"]?.string ?? ""
                    #expect(try other.patchState(id, ["more": 1], merges: true).json["version"] == 2)
                    #expect(
                        try other.request("PATCH", ServerFixture.context(id), body: #"{"status":"terminated"}"#).status
                            == 200
                    )
                }
            }
        }

        @Test("an export that was cut off anywhere goes on as if it had not been")
        func resumed() async throws {
            try await ServerFixture.with { server in
                let contexts = (0..<130)
                    .map { number -> JSONValue in ["name": .string("n\(number)"), "type": "parallel"] }
                let body: JSONValue = ["contexts": .array(contexts)]
                #expect(try server.request("POST", ServerFixture.contexts + "/batch", body: body.text).status == 201)
                let whole = server.scratch.path + "/whole"
                #expect(try server.json("context", "export", whole)["lines"] == 130)
                let bytes = Array(readText(whole).utf8)
                for length in [0, 10, 900, bytes.count / 2, bytes.count - 1, bytes.count] {
                    let path = server.scratch.path + "/cut-\(length)"
                    try Data(bytes[..<length]).write(to: URL(filePath: path))
                    let outcome = try server.command("context", "export", path, "--resume")
                    #expect(outcome.status == 0 && Array(readText(path).utf8) == bytes, "\(length): \(outcome)")
                }
                let some = try server.command("context", "export", "-", "--limit", "3", "--include", "none")
                #expect(some.output.split(separator: "\n").count == 3)
                let last =
                    try JSONValue(parsing: Array(some.output.split(separator: "\n")[2].utf8))["cursor"]?.string ?? ""
                let rest = try server.command("context", "export", "-", "--cursor", last, "--type", "parallel")
                #expect(rest.output.split(separator: "\n").count == 127)
                #expect(try server.command("context", "export", "-", "--type", "pipeline").output.isEmpty)
                let foreign = try Self.file(server, "foreign", "something else\n")
                #expect(try server.command("context", "export", foreign, "--resume").status == 2)
                #expect(readText(foreign) == "something else\n")
            }
        }
    }
}
