import HeddleExtensions
package import HeddleModel

/// The schemas of what people and programs write for Heddle, for editors and tools of theirs.
package enum PublishedSchemas {
    package static let all = [
        Manifest.schema, ConfigurationOption.schema, RegistrationRequest.schema, InvocationBody.schema,
    ]
}
