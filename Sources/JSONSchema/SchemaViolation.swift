package import JSON

/// One way in which a value breaks a schema.
package struct SchemaViolation: Sendable, Hashable {
    /// Where in the value: a JSON pointer (RFC 6901), empty for the whole.
    package let instancePath: String
    /// The way through the schema to the keyword, references included: a JSON pointer.
    package let schemaPath: String
    /// The keyword, such as `required`.
    package let keyword: String
    /// What is wrong, in words that follow the place: "is a string, not an integer".
    package let message: String
    /// Why each alternative failed, for keywords that have several.
    package var causes: [SchemaViolation] = []
}

extension SchemaViolation: CustomStringConvertible {
    package var description: String { "\(instancePath.isEmpty ? "the value" : instancePath) \(message)" }
}

/// What a schema says about a place in a value that satisfies it.
package struct SchemaAnnotation: Sendable, Hashable {
    /// Where in the value: a JSON pointer (RFC 6901).
    package let instancePath: String
    /// The way through the schema to the keyword, references included: a JSON pointer.
    package let schemaPath: String
    /// The keyword, such as `title` or `format`.
    package let keyword: String
    package let value: JSONValue
}

/// The whole verdict on a value.
package struct SchemaOutput: Sendable {
    package let isValid: Bool
    package let violations: [SchemaViolation]
    /// Empty for a value that is not valid.
    package let annotations: [SchemaAnnotation]
}
