package import HeddleModel
package import JSON

/// What somebody who puts a newer version of an extension in the place of an older one asks for.
package struct UpgradeRequest: Sendable {
    /// Where the new version comes from; nil takes it from where the old one came from.
    package let source: ExtensionSource?
    /// The version to get from an index, or to give to a version that has none of its own.
    package let version: SemanticVersion?
    /// What is chosen anew; other choices hold on.
    package let choices: OperatorChoices
    /// Nil takes what the old version is told.
    package let configuration: JSONValue?
    /// Whether new permissions and changed tools are accepted at once.
    package let acceptsChanges: Bool
    /// Whether an older version may come in the place of a newer one.
    package let allowsDowngrade: Bool
    /// Whether to go on though nothing is newer.
    package let isForced: Bool

    package init(
        source: ExtensionSource? = nil,
        version: SemanticVersion? = nil,
        choices: OperatorChoices = OperatorChoices(),
        configuration: JSONValue? = nil,
        acceptsChanges: Bool = false,
        allowsDowngrade: Bool = false,
        isForced: Bool = false
    ) {
        self.source = source
        self.version = version
        self.choices = choices
        self.configuration = configuration
        self.acceptsChanges = acceptsChanges
        self.allowsDowngrade = allowsDowngrade
        self.isForced = isForced
    }

    /// The registration that makes the next version of an extension.
    func registration(after current: RegisteredExtension) -> RegistrationRequest {
        let own = source ?? current.source.forUpgrade
        return RegistrationRequest(
            name: current.name,
            version: own.hasOwnVersion ? nil : version,
            source: version.map { own.pinned(to: $0) } ?? own,
            choices: current.choices.overridden(by: choices),
            configuration: configuration ?? current.configuration,
            inheritsConfiguration: configuration == nil
        )
    }
}

extension UpgradeRequest {
    /// The wire form.
    package static let schema = OwnSchema(
        "Upgrade",
        Shape.object(
            optional: OperatorChoices.members + [
                .init(name: "source", value: ExtensionSource.schema.reference),
                .init(name: "version", value: SemanticVersion.shape),
                .init(name: "configuration", value: ["type": "object"]),
                .init(name: "accept", value: Shape.adding(["default": false], to: Shape.flag)),
                .init(name: "allow_downgrade", value: Shape.adding(["default": false], to: Shape.flag)),
                .init(name: "force", value: Shape.adding(["default": false], to: Shape.flag)),
            ]
        ),
        uses: [ExtensionSource.schema] + OperatorChoices.schemas
    )

    /// Reads the wire form.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` or `invalidVersion`.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init(
            source: try fields.fieldsIfPresent("source")
                .map { inner throws(HeddleError) in try ExtensionSource(inner) },
            version: try fields.stringIfPresent("version")
                .map { text throws(HeddleError) in try SemanticVersion(text) },
            choices: try OperatorChoices(fields),
            configuration: try fields.fieldsIfPresent("configuration").map { JSONValue($0.view) },
            acceptsChanges: try fields.boolIfPresent("accept") ?? false,
            allowsDowngrade: try fields.boolIfPresent("allow_downgrade") ?? false,
            isForced: try fields.boolIfPresent("force") ?? false
        )
    }
}

/// Which version to go back to.
package enum RollbackRequest {
    /// The wire form.
    package static let schema = OwnSchema(
        "Rollback",
        Shape.object(optional: ["generation": Shape.integer(1...Int(Int32.max))])
    )

    /// Reads the generation to go back to; nil takes the one before.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    package static func generation(_ fields: JSONFields) throws(HeddleError) -> Int? {
        try fields.integerIfPresent("generation")
    }
}
