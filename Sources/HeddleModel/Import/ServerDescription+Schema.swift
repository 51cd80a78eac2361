import JSON

extension ServerDescription {
    private static let line = Shape.adding(["maxLength": 2048], to: Shape.text)
    private static let text = Shape.adding(["maxLength": 32_768], to: Shape.text)
    private static let hash = Shape.matching("^[0-9A-Fa-f]{64}$", "a SHA-256 in hexadecimal")
    private static let mostSettings = 256
    private static let mostVariables = 64

    /// `server.json`; members that it does not name are left alone.
    package static let schema = OwnSchema(
        "ServerDescription",
        open(
            required: [
                "name": Shape.adding(
                    ["minLength": 3, "maxLength": 200],
                    to: Shape.matching(
                        "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$",
                        "a reversed domain and a name, such as io.github.user/weather"
                    )
                ),
                "description": Shape.adding(["maxLength": 4096], to: Shape.text),
            ],
            optional: [
                "$schema": line, "title": line, "websiteUrl": line, "website_url": line, "version": version,
                "version_detail": open(optional: ["version": version]), "status": Shape.choice(Status.self),
                "repository": open(optional: ["url": line, "source": line, "id": line, "subfolder": line]),
                "packages": Shape.list(packageSchema.reference, most: mostVariables),
                "remotes": Shape.list(["type": "object"], most: mostVariables),
                "_meta": ["type": "object"],
            ]
        ),
        uses: [packageSchema]
    )

    private static let version = Shape.adding(["minLength": 1, "maxLength": 255], to: Shape.text)

    private static let packageSchema: OwnSchema = {
        let arguments = Shape.list(argumentSchema.reference, most: mostSettings)
        let variables = Shape.list(variableSchema.reference, most: mostSettings)
        return OwnSchema(
            "ServerPackage",
            open(optional: [
                "registryType": line, "registry_type": line, "registry_name": line,
                "identifier": line, "name": line,
                "version": version,
                "registryBaseUrl": line, "registry_base_url": line,
                "fileSha256": hash, "file_sha256": hash,
                "runtimeHint": line, "runtime_hint": line,
                "transport": open(required: ["type": line], optional: [:]),
                "runtimeArguments": arguments, "runtime_arguments": arguments,
                "packageArguments": arguments, "package_arguments": arguments,
                "environmentVariables": variables, "environment_variables": variables,
            ]),
            uses: [argumentSchema, variableSchema]
        )
    }()

    private static let inputMembers: KeyValuePairs<String, JSONValue> = [
        "description": text, "value": text, "default": text, "placeholder": text,
        "isRequired": Shape.flag, "is_required": Shape.flag,
        "isSecret": Shape.flag, "is_secret": Shape.flag,
        "format": Shape.choice(ServerInput.Format.self),
        "choices": Shape.list(text, most: mostSettings),
    ]

    private static let inputSchema = OwnSchema("ServerInput", open(optional: inputMembers))

    private static let variablesMember: JSONValue = Shape.adding(
        ["maxProperties": .integer(mostVariables)],
        to: Shape.map(inputSchema.reference, names: line)
    )

    private static let argumentSchema = OwnSchema(
        "ServerArgument",
        adding(
            [
                "type": Shape.choice(["positional", "named"]),
                "name": Shape.adding(["minLength": 1], to: line),
                "valueHint": line, "value_hint": line,
                "isRepeated": Shape.flag, "is_repeated": Shape.flag,
                "variables": variablesMember,
            ],
            required: ["type"]
        ),
        uses: [inputSchema]
    )

    private static let variableSchema = OwnSchema(
        "ServerVariable",
        adding(
            [
                "name": Shape.matching("^[A-Za-z_][A-Za-z0-9_]{0,127}$", "the name of an environment variable"),
                "variables": variablesMember,
            ],
            required: ["name"]
        ),
        uses: [inputSchema]
    )

    /// An input with more members.
    private static func adding(_ members: KeyValuePairs<String, JSONValue>, required: [String]) -> JSONValue {
        let properties = (Array(inputMembers) + Array(members))
            .map {
                JSONObject.Member(name: $0.key, value: $0.value)
            }
        return [
            "type": "object", "required": .array(required.map(JSONValue.string)),
            "properties": .object(JSONObject(members: properties)),
        ]
    }

    /// An object of these members and any others.
    private static func open(
        required: KeyValuePairs<String, JSONValue> = [:],
        optional: KeyValuePairs<String, JSONValue>
    ) -> JSONValue {
        let properties = (Array(required) + Array(optional)).map { JSONObject.Member(name: $0.key, value: $0.value) }
        return [
            "type": "object", "required": .array(required.map { .string($0.key) }),
            "properties": .object(JSONObject(members: properties)),
        ]
    }
}
