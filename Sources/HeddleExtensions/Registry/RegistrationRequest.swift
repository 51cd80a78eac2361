package import HeddleModel
package import JSON

/// What somebody who registers an extension asks for.
package struct RegistrationRequest: Sendable {
    /// Nil takes the name of the manifest.
    package let name: ExtensionName?
    package let version: SemanticVersion?
    package let description: String?
    package let source: ExtensionSource
    /// Nil takes what the manifest asks for.
    package let grants: Grants?
    package let resources: ResourceLimits?
    package let loading: Manifest.Loading?
    /// What the extension is told, as its manifest's `configuration_schema` asks for.
    package let configuration: JSONValue?
    /// Whether to install it, try it and put up its capabilities at once.
    package let activate: Bool

    package init(
        name: ExtensionName?,
        version: SemanticVersion? = nil,
        description: String? = nil,
        source: ExtensionSource,
        grants: Grants? = nil,
        resources: ResourceLimits? = nil,
        loading: Manifest.Loading? = nil,
        configuration: JSONValue? = nil,
        activate: Bool = true
    ) {
        self.name = name
        self.version = version
        self.description = description
        self.source = source
        self.grants = grants
        self.resources = resources
        self.loading = loading
        self.configuration = configuration
        self.activate = activate
    }
}

extension RegistrationRequest {
    /// The wire form.
    package static let schema = OwnSchema(
        "Registration",
        Shape.adding(
            [
                "if": ["properties": ["source": ["properties": ["kind": ["enum": ["directory", "archive"]]]]]],
                "else": ["required": ["name"], "properties": ["name": ["type": "string"]]],
            ],
            to: Shape.object(
                required: ["source": ExtensionSource.schema.reference],
                optional: [
                    "name": ExtensionName.shape,
                    "version": SemanticVersion.shape,
                    "description": Shape.text,
                    "grants": Grants.schema.reference,
                    "resources": ResourceLimits.schema.reference,
                    "loading": Manifest.Loading.schema.reference,
                    "configuration": ["type": "object"],
                    "activate": Shape.adding(["default": true], to: Shape.flag),
                ]
            )
        ),
        uses: [ExtensionSource.schema, Grants.schema, ResourceLimits.schema, Manifest.Loading.schema]
    )

    /// Reads the wire form.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` or `invalidVersion`.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init(
            name: try fields.stringIfPresent("name").map { text throws(HeddleError) in try ExtensionName(text) },
            version: try fields.stringIfPresent("version")
                .map { text throws(HeddleError) in try SemanticVersion(text) },
            description: try fields.stringIfPresent("description"),
            source: try ExtensionSource(fields.fields("source")),
            grants: try fields.fieldsIfPresent("grants").map { inner throws(HeddleError) in try Grants(inner) },
            resources: try fields.fieldsIfPresent("resources")
                .map { inner throws(HeddleError) in try ResourceLimits(inner) },
            loading: try fields.fieldsIfPresent("loading")
                .map { inner throws(HeddleError) in try Manifest.Loading(inner) },
            configuration: try fields.fieldsIfPresent("configuration").map { JSONValue($0.view) },
            activate: try fields.boolIfPresent("activate") ?? true
        )
    }
}
