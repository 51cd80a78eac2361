import JSON

/// The `manifest.json` of an MCP bundle (`.mcpb`, before that `.dxt`): an archive with a server and what it needs.
package enum BundleManifest {
    private static let schema = OwnSchema(
        "Bundle",
        [
            "type": "object", "required": ["name", "version", "server"],
            "properties": [
                "name": ["type": "string", "minLength": 1, "maxLength": 256], "version": SemanticVersion.shape,
                "description": ["type": "string"],
                "server": [
                    "type": "object", "required": ["mcp_config"],
                    "properties": [
                        "type": ["enum": ["node", "python", "binary", "uv"]],
                        "mcp_config": [
                            "type": "object", "required": ["command"],
                            "properties": [
                                "command": ["type": "string", "minLength": 1], "args": Shape.texts,
                                "env": Shape.map(Shape.text),
                            ],
                        ],
                    ],
                ],
                "user_config": ["type": "object", "additionalProperties": ["type": "object"]],
            ],
        ]
    )

    /// Reads the manifest of a bundle that is unpacked in a folder.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON`, or with `invalidManifest` and all that is wrong, or when it asks for
    ///   values that it has no defaults for.
    package static func manifest(parsing bytes: [UInt8], directory: String) throws(HeddleError) -> Manifest {
        let sentence = "the bundle's manifest is not what it should be"
        let fields = try JSONFields(parsing: bytes, as: schema, code: .invalidManifest, sentence)
        let values = defaults(fields.view("user_config"), directory)
        let server = try fields.fields("server").fields("mcp_config")
        var command: [String] = []
        for word in try [server.string("command")] + server.strings("args") {
            command.append(try filled(word, values))
        }
        var manifest = Manifest(
            name: ExtensionName(like: try fields.string("name")),
            version: try SemanticVersion(fields.string("version")),
            runtime: Manifest.Runtime(command: command)
        )
        manifest.description = try fields.stringIfPresent("description").map { String($0.prefix(4096)) }
        for (name, value) in try server.stringMap("env") {
            manifest.permissions.environment[name] = try filled(value, values)
        }
        return manifest
    }

    /// What stands for the variables of a bundle, by their names.
    private static func defaults(_ settings: JSONView?, _ directory: String) -> [String: String] {
        var values = ["__dirname": directory, "/": "/", "pathSeparator": "/"]
        guard let settings else { return values }
        for (name, setting) in settings.members {
            guard let standard = setting["default"] else { continue }
            let text =
                standard.string
                ?? (standard.kind == .array || standard.kind == .object ? nil : JSONValue(standard).text)
            if let text { values["user_config.\(name.string ?? "")"] = text }
        }
        return values
    }

    private static func filled(_ text: String, _ values: [String: String]) throws(HeddleError) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
            let name = String(rest[start.upperBound..<end])
            guard let value = values[name] else {
                throw HeddleError(
                    .invalidManifest,
                    "the bundle asks for '\(name.clipped(80))', which has no value here",
                    details: ["variable": name.clipped(80)]
                )
            }
            result += rest[..<start.lowerBound] + value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
