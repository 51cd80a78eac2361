package import HeddleModel

/// What an installer made of a package of an index.
package struct InstalledPackage: Sendable {
    /// The absolute command that starts it.
    package let command: [String]
    /// Its name in the index.
    package let name: String
    /// The version as the index says it.
    package let version: String
    /// The version in the form that Heddle compares.
    package let semanticVersion: SemanticVersion
    /// Every package with its version and hash, as the index's own tool takes it to repeat the installation.
    package let lock: String
    /// What the command must be able to read.
    package let readOnlyPaths: [String]
    /// What the command needs in its environment.
    package let environment: [String: String]
}
