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

    package init(
        name: ExtensionName,
        version: SemanticVersion,
        description: String? = nil,
        runtime: Runtime,
        permissions: Grants = Grants(),
        resources: ResourceLimits = ResourceLimits(),
        loading: Loading = Loading()
    ) {
        self.name = name
        self.version = version
        self.description = description
        self.runtime = runtime
        self.permissions = permissions
        self.resources = resources
        self.loading = loading
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
    /// The member names at the top of a manifest.
    package static let fieldNames = [
        "name", "version", "description", "runtime", "permissions", "resources", "loading", "author", "license",
        "homepage", "keywords",
    ]

    /// Sections of the manifest that other releases of Heddle read and this one does not.
    private static let laterSections = [
        "type", "capabilities", "dependencies", "sandbox", "isolation", "scaling", "cache", "thresholds",
        "lifecycle_hooks", "health_check", "configuration_schema", "integrations", "publisher", "signature",
    ]

    /// Reads `extension.json`.
    ///
    /// - Throws: ``HeddleError`` with `malformedJSON`, `invalidManifest`, `invalidVersion` or, for the name,
    ///   `invalidRequest`.
    package init(parsing bytes: [UInt8]) throws(HeddleError) {
        try self.init(JSONFields(parsing: bytes, code: .invalidManifest))
    }

    /// Reads the manifest's object.
    ///
    /// - Throws: ``HeddleError`` with `invalidManifest`, `invalidVersion` or, for the name, `invalidRequest`.
    package init(_ fields: JSONFields) throws(HeddleError) {
        for section in fields.names where Self.laterSections.contains(section) {
            throw HeddleError(
                .invalidManifest,
                "'\(section)' is not supported by this version of Heddle",
                details: ["field": section]
            )
        }
        try fields.refuseUnknown(Self.fieldNames)
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
        object["loading"] = [
            "idle_seconds": .integer(loading.idleSeconds), "start_seconds": .integer(loading.startSeconds),
        ]
        return .object(object)
    }
}

extension Manifest.Runtime {
    init(_ fields: JSONFields) throws(HeddleError) {
        try fields.refuseUnknown(["kind", "command", "args"])
        kind = try fields.choice("kind", default: .mcpStdio)
        let program = fields.view("command")
        let words = program?.kind == .string ? [try fields.string("command")] : try fields.strings("command")
        command = words + (try fields.strings("args"))
        guard let first = command.first, !first.isEmpty, command.count <= 1024 else {
            throw fields.error("'runtime.command' names a program")
        }
    }
}

extension Manifest.Loading {
    /// Reads the `loading` section.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is unknown or out of range.
    package init(_ fields: JSONFields) throws(HeddleError) {
        try fields.refuseUnknown(["idle_seconds", "start_seconds"])
        self.init(
            idleSeconds: try fields.integerIfPresent("idle_seconds", in: 1...86_400 * 30) ?? 300,
            startSeconds: try fields.integerIfPresent("start_seconds", in: 1...600) ?? 30
        )
    }
}

extension ResourceLimits {
    /// Reads the `resources` section.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is unknown or out of range.
    package init(_ fields: JSONFields) throws(HeddleError) {
        try fields.refuseUnknown([
            "memory_mb", "processes", "open_files", "file_mb", "temporary_mb", "cpu_percent",
        ])
        self.init()
        if let number = try fields.integerIfPresent("memory_mb", in: 8...1 << 20) { memoryBytes = number << 20 }
        if let number = try fields.integerIfPresent("processes", in: 4...65_536) { processes = number }
        if let number = try fields.integerIfPresent("open_files", in: 16...1 << 20) { openFiles = number }
        if let number = try fields.integerIfPresent("file_mb", in: 1...1 << 20) { fileBytes = number << 20 }
        if let number = try fields.integerIfPresent("temporary_mb", in: 1...1 << 20) { temporaryBytes = number << 20 }
        cpuPercent = try fields.integerIfPresent("cpu_percent", in: 1...100_000)
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
