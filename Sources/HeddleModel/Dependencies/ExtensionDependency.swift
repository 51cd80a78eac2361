/// What one extension says of another that it works with.
package struct ExtensionDependency: Sendable, Hashable {
    /// Who brings the other one.
    package enum Kind: String, Sendable, CaseIterable {
        /// It is part of what makes the extension run, and may be installed for it.
        case runtime
        /// It has to be there already, as the operator chose it.
        case peer
    }

    package let name: ExtensionName
    /// The versions that it works with.
    package let range: VersionRange
    package let kind: Kind
    /// Whether the extension also runs without the other one; when that is there, its version has to fit all the same.
    package let isOptional: Bool
    package let description: String?

    package init(
        name: ExtensionName,
        range: VersionRange,
        kind: Kind = .runtime,
        isOptional: Bool = false,
        description: String? = nil
    ) {
        self.name = name
        self.range = range
        self.kind = kind
        self.isOptional = isOptional
        self.description = description
    }
}
