/// A package of npm that an extension is installed from.
package struct NodePackage: Sendable, Hashable {
    /// The package with its version or range, such as `@scope/name@^1`, or a `.tgz` of the host.
    package var package: String
    /// Packages that are installed beside it.
    package var with: [String]
    /// Which of its programs starts it; nil for the one named like it, or the only one.
    package var program: String?
    /// What the program is given on its command line.
    package var arguments: [String]

    package init(package: String, with: [String] = [], program: String? = nil, arguments: [String] = []) {
        self.package = package
        self.with = with
        self.program = program
        self.arguments = arguments
    }

    /// Everything that is installed by name.
    package var packages: [String] { [package] + with }
}
