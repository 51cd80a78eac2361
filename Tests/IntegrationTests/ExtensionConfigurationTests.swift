import FoundationEssentials
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    @Suite("The configuration of an extension", .serialized)
    struct ExtensionConfigurationTests {
        private static let manifest: JSONValue = [
            "name": "weather", "version": "1.0.0", "runtime": ["command": "/usr/bin/python3"],
            "configuration_schema": [
                "type": "object", "required": ["city"], "additionalProperties": false,
                "properties": ["city": ["type": "string"], "days": ["type": "integer", "minimum": 1]],
            ],
        ]

        private static func folder(_ server: ServerFixture) throws -> String {
            let folder = server.scratch.path + "/weather"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var manifest = manifest.object ?? JSONObject()
            manifest["runtime"] = [
                "command": .array(server.misbehaving([]).map(JSONValue.string))
            ]
            try server.scratch.write("weather/extension.json", JSONValue.object(manifest).text)
            return folder
        }

        private static func register(_ folder: String, _ configuration: JSONValue?, _ server: ServerFixture) throws
            -> HTTPAnswer
        {
            var body = JSONObject(members: [
                .init(name: "source", value: ["kind": "directory", "path": .string(folder)])
            ])
            body["configuration"] = configuration
            return try server.request("POST", "/api/v1/extensions", body: JSONValue.object(body).text)
        }

        @Test("is held against its manifest, told to its process, kept over a restart, and shown")
        func whole() async throws {
            try await ServerFixture.with { server in
                let folder = try Self.folder(server)
                for (wrong, paths) in [
                    (nil, [""]), (["city": 7, "days": 0, "town": "x"], ["/city", "/days", "/town"]), ([:], [""]),
                ] as [(JSONValue?, [String])] {
                    let answer = try Self.register(folder, wrong, server)
                    #expect(answer.status == 400 && answer.code == "INVALID_REQUEST", "\(answer.json.text)")
                    let violations = answer.json["error"]?["details"]?["violations"]?.array ?? []
                    #expect(violations.map { $0["path"]?.string } == paths, "\(answer.json.text)")
                }
                #expect(try server.request("GET", "/api/v1/extensions/weather").status == 404)
                let city: JSONValue = ["city": "Tromsø", "days": 3]
                let added = try Self.register(folder, city, server)
                #expect(added.status == 201 && added.json["configuration"] == city, "\(added.json.text)")
                for _ in 0..<2 {
                    let seen = try server.call("weather", "probe", ["what": "environ"]).toolText ?? ""
                    let value = try JSONValue(parsing: Array(seen.utf8))["value"]?["HEDDLE_CONFIGURATION"]?.string
                    #expect(try value.map { try JSONValue(parsing: Array($0.utf8)) } == city, "\(seen)")
                    try server.restart()
                }
                #expect(try server.request("GET", "/api/v1/extensions/weather").json["configuration"] == city)
            }
        }

        @Test("comes from a JSON or YAML file on the command line, and is refused where none is taken")
        func commandLine() async throws {
            try await ServerFixture.with { server in
                let folder = try Self.folder(server)
                try server.scratch.write("bad.yaml", "city: 7\n")
                try server.scratch.write("good.yaml", "city: Oslo\ndays: 2\n")
                let bad = try server.command(
                    "ext",
                    "add",
                    folder,
                    "--yes",
                    "--configuration",
                    server.scratch.path + "/bad.yaml"
                )
                #expect(bad.status == 2 && bad.error.contains("/city is a number, not a string"), "\(bad)")
                let good = try server.command(
                    "ext",
                    "add",
                    folder,
                    "--yes",
                    "--configuration",
                    server.scratch.path + "/good.yaml"
                )
                #expect(good.status == 0, "\(good)")
                let shown = try server.command("ext", "show", "weather")
                #expect(shown.output.contains(#"{"city":"Oslo","days":2}"#), "\(shown)")
                let body = server.registration("echo", [server.echo]).object
                var changed = try #require(body)
                changed["configuration"] = ["a": 1]
                let answer = try server.request("POST", "/api/v1/extensions", body: JSONValue.object(changed).text)
                #expect(answer.status == 400 && answer.code == "INVALID_REQUEST", "\(answer.json.text)")
            }
        }
    }
}
