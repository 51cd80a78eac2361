package import JSON

/// What an extension says of itself: its name, its version, how it runs and what it asks for.
package struct Manifest: Sendable, Hashable {
    package var name: ExtensionName
    package var version: SemanticVersion
    package var description: String?
    package var kind = ExtensionKind.other
    package var runtime: Runtime
    /// What it can do, by names that others look for; tools that are not among them count too.
    package var capabilities: [Capability] = []
    /// The extensions that it works with.
    package var dependencies: [ExtensionDependency] = []
    /// What it asks for; the operator's ``Grants`` decide.
    package var permissions = Grants()
    package var resources = ResourceLimits()
    package var loading = Loading()
    package var compatibility = Compatibility()
    package var hooks: [Moment: Hook] = [:]
    package var healthCheck: HealthCheck?
    /// What its configuration has to be; nil takes none.
    package var configurationSchema: JSONValue?
    /// Further sections, checked and kept as they were written.
    package var recorded = JSONObject()

    package init(name: ExtensionName, version: SemanticVersion, runtime: Runtime) {
        self.name = name
        self.version = version
        self.runtime = runtime
    }

    /// How its processes are started and stopped.
    package var loadingStrategy: LoadingStrategy { loading.strategy ?? kind.loadingStrategy }
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
        /// Nil leaves it to the kind of the extension.
        package let strategy: LoadingStrategy?
        /// What is started together is started in the order of these, lower ones first.
        package let priority: Int
        /// Seconds without a call after which the last instance is stopped.
        package let idleSeconds: Int
        /// Seconds that a start may take until the tools are listed.
        package let startSeconds: Int

        package init(
            strategy: LoadingStrategy? = nil,
            priority: Int = 100,
            idleSeconds: Int = 300,
            startSeconds: Int = 30
        ) {
            self.strategy = strategy
            self.priority = priority
            self.idleSeconds = idleSeconds
            self.startSeconds = startSeconds
        }
    }
}

extension Manifest {
    private static let optionalShapes: KeyValuePairs<String, JSONValue> = [
        "$schema": Shape.text,
        "description": Shape.text,
        "type": Shape.choice(ExtensionKind.self),
        "capabilities": Capability.shape,
        "dependencies": ExtensionDependency.schema.reference,
        "permissions": Grants.schema.reference,
        "resources": ResourceLimits.schema.reference,
        "loading": Loading.schema.reference,
        "compatibility": Compatibility.shape,
        "lifecycle_hooks": Hook.shape,
        "health_check": HealthCheck.shape,
        "configuration_schema": ["type": "object", "description": "A JSON Schema of draft 2020-12 or 7."],
    ]

    /// `extension.json`.
    package static let schema = OwnSchema(
        "Manifest",
        Shape.object(
            required: ["name": ExtensionName.shape, "version": SemanticVersion.shape, "runtime": Runtime.shape],
            optional: optionalShapes.map { .init(name: $0.key, value: $0.value) }
                + recordedShapes.map { .init(name: $0.key, value: $0.value) }
                + servingShapes.map { .init(name: $0.key, value: $0.value) }
        ),
        uses: [Grants.schema, ResourceLimits.schema, Loading.schema, ExtensionDependency.schema]
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
        self.init(
            name: try ExtensionName(fields.string("name")),
            version: try SemanticVersion(fields.string("version")),
            runtime: try Runtime(fields.fields("runtime"))
        )
        description = try fields.stringIfPresent("description").map { String($0.prefix(4096)) }
        kind = try fields.choice("type", default: .other)
        if let view = fields.view("capabilities"), view.kind == .array {
            for (index, element) in view.elements.enumerated() {
                capabilities.append(try Capability(element, at: "capabilities.\(index)"))
            }
        }
        if let view = fields.view("dependencies") { dependencies = try ExtensionDependency.list(view) }
        if let inner = try fields.fieldsIfPresent("permissions") { permissions = try Grants(inner) }
        if let inner = try fields.fieldsIfPresent("resources") { resources = try ResourceLimits(inner) }
        if let inner = try fields.fieldsIfPresent("loading") { loading = try Loading(inner) }
        if let inner = try fields.fieldsIfPresent("compatibility") { compatibility = try Compatibility(inner) }
        if let inner = try fields.fieldsIfPresent("lifecycle_hooks") {
            for moment in Moment.allCases where inner.view(moment.rawValue).map({ !$0.isNull }) ?? false {
                hooks[moment] = try Hook(inner, moment.rawValue)
            }
        }
        healthCheck = try fields.fieldsIfPresent("health_check")
            .map { inner throws(HeddleError) in try HealthCheck(inner) }
        configurationSchema = try fields.fieldsIfPresent("configuration_schema").map { JSONValue($0.view) }
        recorded = Self.recorded(fields)
    }

    /// The manifest's object, with every default spelled out.
    package var value: JSONValue {
        var object = JSONObject(members: [
            .init(name: "name", value: .string(name.rawValue)),
            .init(name: "version", value: .string(version.description)),
        ])
        object["description"] = description.map(JSONValue.string)
        object["type"] = .string(kind.rawValue)
        object["runtime"] = [
            "kind": .string(runtime.kind.rawValue),
            "command": .array(runtime.command.map(JSONValue.string)),
        ]
        object["capabilities"] = capabilities.isEmpty ? nil : .array(capabilities.map(\.value))
        object["dependencies"] = dependencies.isEmpty ? nil : .array(dependencies.map(\.value))
        object["permissions"] = permissions.value(showingValues: true)
        object["resources"] = resources.value
        object["loading"] = loading.value
        object["compatibility"] = compatibility == Compatibility() ? nil : compatibility.value
        let moments = Moment.allCases.compactMap { moment in
            hooks[moment].map { JSONObject.Member(name: moment.rawValue, value: $0.value) }
        }
        object["lifecycle_hooks"] = moments.isEmpty ? nil : .object(JSONObject(members: moments))
        object["health_check"] = healthCheck?.value
        object["configuration_schema"] = configurationSchema
        for member in recorded.members { object[member.name] = member.value }
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
        command = try Manifest.Hook.command(fields, "command") + fields.strings("args")
    }
}

extension Manifest.Loading {
    /// The `loading` section.
    package static let schema = OwnSchema(
        "Loading",
        Shape.object(optional: [
            "strategy": Shape.choice(LoadingStrategy.self),
            "priority": Shape.integer(0...1000, default: Self().priority),
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
            strategy: try fields.choiceIfPresent("strategy"),
            priority: try fields.integerIfPresent("priority") ?? standard.priority,
            idleSeconds: try fields.integerIfPresent("idle_seconds") ?? standard.idleSeconds,
            startSeconds: try fields.integerIfPresent("start_seconds") ?? standard.startSeconds
        )
    }

    /// The `loading` section.
    package var value: JSONValue {
        var object = JSONObject()
        object["strategy"] = strategy.map { .string($0.rawValue) }
        object["priority"] = .integer(priority)
        object["idle_seconds"] = .integer(idleSeconds)
        object["start_seconds"] = .integer(startSeconds)
        return .object(object)
    }
}
