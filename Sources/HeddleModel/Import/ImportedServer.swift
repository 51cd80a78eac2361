/// One server of another program's `mcpServers` file, as the extension that it becomes here.
package struct ImportedServer: Sendable, Hashable {
    /// What becomes of it.
    package enum Outcome: Sendable, Hashable {
        case add(ExtensionSource, environment: [String: String])
        /// It cannot run here, for a reason that a person can act on.
        case refused(String)
    }

    /// The name in the file.
    package let title: String
    /// The name that it has here.
    package let name: ExtensionName
    package let outcome: Outcome
}
