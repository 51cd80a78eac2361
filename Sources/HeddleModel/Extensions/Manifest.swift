package import JSON

/// What an extension says of itself: its name, its version, how it runs and what it asks for.
package struct Manifest: Sendable, Hashable {
    package let name: ExtensionName
    package let version: SemanticVersion
    package let description: String?
    package let runtime: Runtime
    /// What it asks for; the operator's ``Grants`` decide.
    package let permissions: Grants
    package let resources: ResourceLimits
    package let loading: Loading
    /// What its configuration has to be; nil takes none.
    package let configurationSchema: JSONValue?

    package init(
        name: ExtensionName,
        version: SemanticVersion,
        description: String? = nil,
        runtime: Runtime,
        permissions: Grants = Grants(),
        resources: ResourceLimits = ResourceLimits(),
        loading: Loading = Loading(),
        configurationSchema: JSONValue? = nil
    ) {
        self.name = name
        self.version = version
        self.description = description
        self.runtime = runtime
        self.permissions = permissions
        self.resources = resources
        self.loading = loading
        self.configurationSchema = configurationSchema
    }
}

extension Manifest {
    /// How the extension is run: a program that speaks MCP over its standard input and output.
    package struct Runtime: Sendable, Hashable {
        /// The kinds there are; HTTP servers and built-ins come with their own issue.
        package enum Kind: String, Sendable, CaseIterable {
            case mcpStdio = "mcp-stdio"
        }

        package let kind: Kind
        /// The program and its arguments; relative to the manifest's folder when it names a file there.
        package let command: [String]

        package init(kind: Kind = .mcpStdio, command: [String]) {
            self.kind = kind
            self.command = command
        }
    }

    /// When instances are started and stopped.
    package struct Loading: Sendable, Hashable {
        /// Seconds without a call after which the last instance is stopped.
        package let idleSeconds: Int
        /// Seconds that a start may take until the tools are listed.
        package let startSeconds: Int

        package init(idleSeconds: Int = 300, startSeconds: Int = 30) {
            self.idleSeconds = idleSeconds
            self.startSeconds = startSeconds
        }
    }
}

extension Manifest {
    /// `extension.json`.
    package static let schema = OwnSchema(
        "Manifest",
        Shape.object(
            required: ["name": ExtensionName.shape, "version": SemanticVersion.shape, "runtime": Runtime.shape],
            optional: [
                "$schema": Shape.text,
                "description": Shape.text,
                "permissions": Grants.schema.reference,
                "resources": ResourceLimits.schema.reference,
                "loading": Loading.schema.reference,
                "configuration_schema": ["type": "object", "description": "A JSON Schema of draft 2020-12 or 7."],
                "author": Shape.text,
                "license": Shape.text,
                "homepage": Shape.text,
                "keywords": Shape.texts,
            ]
        ),
        uses: [Grants.schema, ResourceLimits.schema, Loading.schema]
    )

    /// Reads `extension.json`.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON`, or with `invalidManifest` and all violations.
    package init(parsing bytes: [UInt8]) throws(HeddleError) {
        let sentence = "the manifest is not what it should be"
        try self.init(JSONFields(parsing: bytes, as: Self.schema, code: .invalidManifest, sentence))
        _ = try compiledConfigurationSchema()
    }

    /// Reads the manifest's object.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields`, `invalidVersion` or, for the name, `invalidRequest`.
    package init(_ fields: JSONFields) throws(HeddleError) {
        name = try ExtensionName(fields.string("name"))
        version = try SemanticVersion(fields.string("version"))
        description = try fields.stringIfPresent("description").map { String($0.prefix(4096)) }
        runtime = try Runtime(fields.fields("runtime"))
        permissions =
            try fields.fieldsIfPresent("permissions").map { fields throws(HeddleError) in try Grants(fields) }
            ?? Grants()
        resources =
            try fields.fieldsIfPresent("resources")
            .map { fields throws(HeddleError) in try ResourceLimits(fields) } ?? ResourceLimits()
        loading =
            try fields.fieldsIfPresent("loading").map { fields throws(HeddleError) in try Loading(fields) }
            ?? Loading()
        configurationSchema = try fields.fieldsIfPresent("configuration_schema").map { JSONValue($0.view) }
    }

    /// The manifest's object, with every default spelled out.
    package var value: JSONValue {
        var object = JSONObject(members: [
            .init(name: "name", value: .string(name.rawValue)),
            .init(name: "version", value: .string(version.description)),
        ])
        object["description"] = description.map(JSONValue.string)
        object["runtime"] = [
            "kind": .string(runtime.kind.rawValue),
            "command": .array(runtime.command.map(JSONValue.string)),
        ]
        object["permissions"] = permissions.value(showingValues: true)
        object["resources"] = resources.value
        object["loading"] = loading.value
        object["configuration_schema"] = configurationSchema
        return .object(object)
    }
}

extension Manifest.Runtime {
    fileprivate static let shape = Shape.object(
        required: ["command": Shape.commandOrProgram],
        optional: ["kind": Shape.choice(Kind.self), "args": Shape.texts]
    )

    init(_ fields: JSONFields) throws(HeddleError) {
        kind = try fields.choice("kind", default: .mcpStdio)
        let program = fields.view("command")
        let words = program?.kind == .string ? [try fields.string("command")] : try fields.strings("command")
        command = words + (try fields.strings("args"))
    }
}

extension Manifest.Loading {
    /// The `loading` section.
    package static let schema = OwnSchema(
        "Loading",
        Shape.object(optional: [
            "idle_seconds": Shape.integer(1...86_400 * 30, default: Self().idleSeconds),
            "start_seconds": Shape.integer(1...600, default: Self().startSeconds),
        ])
    )

    /// Reads the `loading` section.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is of the wrong type.
    package init(_ fields: JSONFields) throws(HeddleError) {
        let standard = Self()
        self.init(
            idleSeconds: try fields.integerIfPresent("idle_seconds") ?? standard.idleSeconds,
            startSeconds: try fields.integerIfPresent("start_seconds") ?? standard.startSeconds
        )
    }

    /// The `loading` section.
    package var value: JSONValue {
        ["idle_seconds": .integer(idleSeconds), "start_seconds": .integer(startSeconds)]
    }
}

extension ResourceLimits {
    /// The `resources` section.
    package static let schema: OwnSchema = {
        let standard = Self()
        return OwnSchema(
            "Resources",
            Shape.object(optional: [
                "memory_mb": Shape.integer(8...1 << 20, default: standard.memoryBytes >> 20),
                "processes": Shape.integer(4...65_536, default: standard.processes),
                "open_files": Shape.integer(16...1 << 20, default: standard.openFiles),
                "file_mb": Shape.integer(1...1 << 20, default: standard.fileBytes >> 20),
                "temporary_mb": Shape.integer(1...1 << 20, default: standard.temporaryBytes >> 20),
                "cpu_percent": Shape.integer(1...100_000),
            ])
        )
    }()

    /// Reads the `resources` section.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is of the wrong type.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init()
        if let number = try fields.integerIfPresent("memory_mb") { memoryBytes = number << 20 }
        if let number = try fields.integerIfPresent("processes") { processes = number }
        if let number = try fields.integerIfPresent("open_files") { openFiles = number }
        if let number = try fields.integerIfPresent("file_mb") { fileBytes = number << 20 }
        if let number = try fields.integerIfPresent("temporary_mb") { temporaryBytes = number << 20 }
        cpuPercent = try fields.integerIfPresent("cpu_percent")
    }

    /// The `resources` section.
    package var value: JSONValue {
        var object = JSONObject(members: [
            .init(name: "memory_mb", value: .integer(memoryBytes >> 20)),
            .init(name: "processes", value: .integer(processes)),
            .init(name: "open_files", value: .integer(openFiles)),
            .init(name: "file_mb", value: .integer(fileBytes >> 20)),
            .init(name: "temporary_mb", value: .integer(temporaryBytes >> 20)),
        ])
        object["cpu_percent"] = cpuPercent.map(JSONValue.integer)
        return .object(object)
    }
}
