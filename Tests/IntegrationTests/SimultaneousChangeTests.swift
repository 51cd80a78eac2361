import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("Changes of several extensions at the same time", .serialized)
    struct SimultaneousChangeTests {
        /// A change: what is sent, with the manifest's folder as its source if there is one.
        private typealias Change = (method: String, path: String, folder: String?)

        /// Sends changes on connections of their own before any is answered; the answers in their order.
        private static func send(_ changes: [Change], to server: ServerFixture) throws -> [HTTPAnswer] {
            let connections = try changes.map { _ in try HTTPConnection(port: server.port) }
            for (change, connection) in zip(changes, connections) {
                let body = change.folder.map { folder -> JSONValue in
                    ["source": ["kind": "directory", "path": .string(folder)]]
                }
                connection.send(server.bytes(change.method, change.path, body: body.map { Array($0.text.utf8) }))
            }
            return try connections.map { try $0.answer() }
        }

        /// Whether one change was made and the other refused with a code.
        private static func isOneRefused(_ answers: [HTTPAnswer], with codes: Set<String>) -> Bool {
            let refused = answers.filter { !(200..<300).contains($0.status) }
            return answers.count == 2 && refused.count == 1 && refused.allSatisfy { codes.contains($0.code ?? "") }
        }

        @Test("of two that cannot be beside each other, one is registered", arguments: [[0], [1], [0, 1]])
        func conflict(_ declaring: [Int]) async throws {
            try await ServerFixture.with { server in
                for round in 0..<5 {
                    let names = ["left-\(round)", "right-\(round)"]
                    let changes = try names.enumerated()
                        .map { index, name -> Change in
                            let conflicts: [JSONValue] = declaring.contains(index) ? [.string(names[1 - index])] : []
                            let more: JSONValue = ["compatibility": ["conflicts": .array(conflicts)]]
                            return ("POST", "/api/v1/extensions", try ManifestSectionTests.folder(server, name, more))
                        }
                    let answers = try Self.send(changes, to: server)
                    #expect(Self.isOneRefused(answers, with: ["INCOMPATIBLE"]), "\(answers.map(\.json.text))")
                    // The one that was refused has left nothing behind that would keep it out.
                    let added = try #require(answers.firstIndex { $0.status == 201 })
                    #expect(try server.request("DELETE", "/api/v1/extensions/\(names[added])").status == 204)
                    let again = try Self.send([changes[1 - added]], to: server)
                    #expect(again.map(\.status) == [201], "\(again.map(\.json.text))")
                }
            }
        }

        @Test("what is removed is not needed by what is registered")
        func removal() async throws {
            try await ServerFixture.with { server in
                for round in 0..<10 {
                    let (base, app) = ("base-\(round)", "app-\(round)")
                    #expect(try ManifestSectionTests.add(server, base).status == 201)
                    let needs: JSONValue = [
                        "dependencies": .object(JSONObject(members: [.init(name: base, value: "^1.0")]))
                    ]
                    let registration: Change = (
                        "POST", "/api/v1/extensions", try ManifestSectionTests.folder(server, app, needs)
                    )
                    let removal: Change = ("DELETE", "/api/v1/extensions/\(base)", nil)
                    let order = round.isMultiple(of: 2) ? [registration, removal] : [removal, registration]
                    let answers = try Self.send(order, to: server)
                    #expect(
                        Self.isOneRefused(answers, with: ["DEPENDENCY_UNSATISFIED"]),
                        "\(answers.map(\.json.text))"
                    )
                }
            }
        }

        @Test("two upgrades do not make extensions need each other")
        func circle() async throws {
            try await ServerFixture.with { server in
                for round in 0..<5 {
                    let names = ["left-\(round)", "right-\(round)"]
                    for name in names { #expect(try ManifestSectionTests.add(server, name).status == 201) }
                    let changes = try names.enumerated()
                        .map { index, name -> Change in
                            let needs = JSONObject(members: [.init(name: names[1 - index], value: "^1.0")])
                            let more: JSONValue = ["version": "1.1.0", "dependencies": .object(needs)]
                            let folder = try ManifestSectionTests.folder(server, name, more)
                            return ("POST", "/api/v1/extensions/\(name)/upgrade", folder)
                        }
                    let answers = try Self.send(changes, to: server)
                    #expect(Self.isOneRefused(answers, with: ["DEPENDENCY_CYCLE"]), "\(answers.map(\.json.text))")
                }
            }
        }
    }
}
