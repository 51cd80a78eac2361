package import HeddleModel

/// What somebody looks for in the registry; everything that is given has to hold.
package struct RegistryQuery: Sendable, Hashable {
    /// A tool, or what a manifest declares.
    package var capability: String?
    package var kind: ExtensionKind?
    package var version: VersionRange?
    package var state: ExtensionState?
    /// A part of the name or of the description, in whatever case.
    package var text: String?

    package init(
        capability: String? = nil,
        kind: ExtensionKind? = nil,
        version: VersionRange? = nil,
        state: ExtensionState? = nil,
        text: String? = nil
    ) {
        self.capability = capability
        self.kind = kind
        self.version = version
        self.state = state
        self.text = text?.lowercased()
    }

    /// Whether an extension is what is looked for.
    func matches(_ entry: RegistryEntry) -> Bool {
        let manifest = entry.registered.manifest
        if let kind, manifest.kind != kind { return false }
        if let state, entry.registered.state != state { return false }
        if let version, !version.contains(manifest.version) { return false }
        if let capability, !entry.capabilityNames.contains(capability) { return false }
        guard let text else { return true }
        return manifest.name.rawValue.contains(text) || manifest.description?.lowercased().contains(text) == true
    }
}
