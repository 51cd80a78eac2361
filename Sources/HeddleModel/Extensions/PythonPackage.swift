/// A package of the Python package index that an extension is installed from.
package struct PythonPackage: Sendable, Hashable {
    /// The package with its versions, such as `mcp-server-time>=2026`.
    package var requirement: String
    /// Requirements that are installed beside it.
    package var with: [String]
    /// The module to run; nil for the package's own program.
    package var module: String?
    /// What the program is given on its command line.
    package var arguments: [String]
    /// Whether packages may run build steps of their own.
    package var allowsBuild: Bool

    package init(
        requirement: String,
        with: [String] = [],
        module: String? = nil,
        arguments: [String] = [],
        allowsBuild: Bool = false
    ) {
        self.requirement = requirement
        self.with = with
        self.module = module
        self.arguments = arguments
        self.allowsBuild = allowsBuild
    }

    /// Everything that is installed by name.
    package var requirements: [String] { [requirement] + with }
}
