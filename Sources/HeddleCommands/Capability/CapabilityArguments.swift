import ArgumentParser

/// The name of a capability: `time get_current_time` or `time/get_current_time`.
package struct CapabilityArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The extension, or extension/capability.", valueName: "extension"))
    var first: String

    @Argument(help: ArgumentHelp("The capability.", valueName: "capability"))
    var second: String?

    package init() {}

    package func validate() throws {
        guard second != nil || first.dropFirst().dropLast().contains("/") else {
            throw ValidationError("Missing expected argument '<capability>'")
        }
    }

    /// The extension's name.
    package var extensionName: String {
        second == nil ? String(first.prefix { $0 != "/" }) : first
    }

    /// The capability's name in the extension.
    package var name: String {
        second ?? String(first.drop { $0 != "/" }.dropFirst())
    }
}
