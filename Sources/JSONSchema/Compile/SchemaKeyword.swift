/// Where schemas stand inside of schemas.
enum SchemaKeyword {
    /// What a keyword's value holds.
    enum Holds {
        case schema
        case schemas
        case namedSchemas
        /// One schema, or an array of them.
        case schemaOrSchemas
        /// Schemas by name, with arrays of names between them.
        case dependencies
    }

    static let holders: [String: Holds] = [
        "additionalItems": .schema, "additionalProperties": .schema, "contains": .schema, "contentSchema": .schema,
        "else": .schema, "if": .schema, "not": .schema, "propertyNames": .schema, "then": .schema,
        "unevaluatedItems": .schema, "unevaluatedProperties": .schema,
        "allOf": .schemas, "anyOf": .schemas, "oneOf": .schemas, "prefixItems": .schemas,
        "$defs": .namedSchemas, "definitions": .namedSchemas, "dependentSchemas": .namedSchemas,
        "patternProperties": .namedSchemas, "properties": .namedSchemas,
        "items": .schemaOrSchemas, "dependencies": .dependencies,
    ]
}
