import HeddleModel

/// Where a configuration is read from, so that a running server can read it again.
package struct ConfigurationLayers: Sendable {
    /// The path of the file, from the root.
    package let file: String?
    let environment: [String: String]
    /// By key, not by option.
    let flags: [String: String]

    /// Names the layers; nothing is read yet.
    ///
    /// - Parameters:
    ///   - file: The configuration file, seen from this program's directory.
    ///   - environment: The variables, which nobody can change while the process runs.
    ///   - flags: Values of the command line by key.
    package init(file: String?, environment: [String: String], flags: [String: String]) {
        self.file = file.map(AbsolutePath.resolve)
        self.environment = environment
        self.flags = flags
    }
}
