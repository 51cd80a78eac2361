package import HeddleModel
package import JSON

/// What somebody who registers an extension asks for.
package struct RegistrationRequest: Sendable {
    /// Nil takes the name of the manifest.
    package let name: ExtensionName?
    package let version: SemanticVersion?
    package let source: ExtensionSource
    package let choices: OperatorChoices
    /// What the extension is told, as its manifest's `configuration_schema` asks for.
    package let configuration: JSONValue?
    /// Whether the configuration is that of an earlier version, which one that takes none goes without.
    package let inheritsConfiguration: Bool
    /// Whether to install it, try it and put up its capabilities at once.
    package let activate: Bool

    package init(
        name: ExtensionName?,
        version: SemanticVersion? = nil,
        source: ExtensionSource,
        choices: OperatorChoices = OperatorChoices(),
        configuration: JSONValue? = nil,
        inheritsConfiguration: Bool = false,
        activate: Bool = true
    ) {
        self.name = name
        self.version = version
        self.source = source
        self.choices = choices
        self.configuration = configuration
        self.inheritsConfiguration = inheritsConfiguration
        self.activate = activate
    }
}

extension RegistrationRequest {
    /// The wire form.
    package static let schema = OwnSchema(
        "Registration",
        Shape.adding(
            [
                "if": ["properties": ["source": ["properties": ["kind": ["enum": ["directory", "archive", "url"]]]]]],
                "else": ["required": ["name"], "properties": ["name": ["type": "string"]]],
            ],
            to: Shape.object(
                required: ["source": ExtensionSource.schema.reference],
                optional: OperatorChoices.members + [
                    .init(name: "name", value: ExtensionName.shape),
                    .init(name: "version", value: SemanticVersion.shape),
                    .init(name: "configuration", value: ["type": "object"]),
                    .init(name: "activate", value: Shape.adding(["default": true], to: Shape.flag)),
                ]
            )
        ),
        uses: [ExtensionSource.schema] + OperatorChoices.schemas
    )

    /// Reads the wire form.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` or `invalidVersion`.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init(
            name: try fields.stringIfPresent("name").map { text throws(HeddleError) in try ExtensionName(text) },
            version: try fields.stringIfPresent("version")
                .map { text throws(HeddleError) in try SemanticVersion(text) },
            source: try ExtensionSource(fields.fields("source")),
            choices: try OperatorChoices(fields),
            configuration: try fields.fieldsIfPresent("configuration").map { JSONValue($0.view) },
            activate: try fields.boolIfPresent("activate") ?? true
        )
    }
}
