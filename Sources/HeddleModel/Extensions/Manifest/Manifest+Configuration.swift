package import JSON
import JSONSchema

extension Manifest {
    /// The bytes that a configuration may have: it travels in the environment, which the kernel bounds.
    private static let longestConfiguration = 64 << 10

    /// The compiled `configuration_schema`.
    ///
    /// - Throws: ``HeddleError`` with `invalidManifest` when it is not a schema, or one that costs too much.
    func compiledConfigurationSchema() throws(HeddleError) -> JSONSchema? {
        guard let configurationSchema else { return nil }
        do {
            return try JSONSchema(JSONDocument(configurationSchema.bytes))
        } catch let error as SchemaError {
            throw HeddleError(
                .invalidManifest,
                "the configuration_schema cannot be used: \(error.message)",
                details: ["reason": error.reason.rawValue, "location": error.location]
            )
        } catch {
            throw HeddleError(.invalidManifest, "the configuration_schema cannot be used: \(error)", cause: error)
        }
    }

    /// The configuration that an extension runs with, which its manifest has to allow; none counts as an empty object.
    ///
    /// - Returns: nil for an extension that takes none.
    /// - Throws: ``HeddleError`` with `invalidRequest` and all violations.
    package func checkedConfiguration(_ configuration: JSONValue?) throws(HeddleError) -> JSONValue? {
        guard let schema = try compiledConfigurationSchema() else {
            guard configuration == nil else {
                throw HeddleError(
                    .invalidRequest,
                    "'\(name)' takes no configuration: its manifest has no schema for one"
                )
            }
            return nil
        }
        let value = configuration ?? [:]
        guard value.bytes.count <= Self.longestConfiguration else {
            throw HeddleError(.invalidRequest, "a configuration has at most \(Self.longestConfiguration >> 10) KB")
        }
        try schema.check(value, .invalidRequest, "the configuration is not what '\(name)' takes")
        return value
    }
}
