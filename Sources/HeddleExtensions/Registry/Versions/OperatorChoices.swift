package import HeddleModel
package import JSON

/// What an operator chose for an extension over what its manifest says; it holds for later versions too.
package struct OperatorChoices: Sendable, Hashable {
    package var description: String?
    package var grants: Grants?
    package var resources: ResourceLimits?
    package var loading: Manifest.Loading?

    package init(
        description: String? = nil,
        grants: Grants? = nil,
        resources: ResourceLimits? = nil,
        loading: Manifest.Loading? = nil
    ) {
        self.description = description
        self.grants = grants
        self.resources = resources
        self.loading = loading
    }

    /// These choices, with `newer` ones in the place of those they make too.
    package func overridden(by newer: OperatorChoices) -> OperatorChoices {
        OperatorChoices(
            description: newer.description ?? description,
            grants: newer.grants ?? grants,
            resources: newer.resources ?? resources,
            loading: newer.loading ?? loading
        )
    }
}

extension OperatorChoices {
    /// The members of a request that say them.
    package static let members: [JSONObject.Member] = [
        .init(name: "description", value: Shape.text),
        .init(name: "grants", value: Grants.schema.reference),
        .init(name: "resources", value: ResourceLimits.schema.reference),
        .init(name: "loading", value: Manifest.Loading.schema.reference),
    ]
    /// The schemas that ``members`` refer to.
    package static let schemas = [Grants.schema, ResourceLimits.schema, Manifest.Loading.schema]

    /// Reads them from a request or the stored form.
    ///
    /// - Throws: ``HeddleError`` with the code of `fields` when a member is of the wrong type.
    package init(_ fields: JSONFields) throws(HeddleError) {
        self.init(
            description: try fields.stringIfPresent("description"),
            grants: try fields.fieldsIfPresent("grants").map { inner throws(HeddleError) in try Grants(inner) },
            resources: try fields.fieldsIfPresent("resources")
                .map { inner throws(HeddleError) in try ResourceLimits(inner) },
            loading: try fields.fieldsIfPresent("loading")
                .map { inner throws(HeddleError) in try Manifest.Loading(inner) }
        )
    }

    /// The stored form.
    var value: JSONValue {
        var object = JSONObject()
        object["description"] = description.map(JSONValue.string)
        object["grants"] = grants?.value(showingValues: true)
        object["resources"] = resources?.value
        object["loading"] = loading?.value
        return .object(object)
    }
}
