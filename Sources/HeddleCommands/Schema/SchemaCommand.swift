package import ArgumentParser

/// `heddle schema`: JSON Schemas.
package struct SchemaCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Work with JSON Schemas.",
        subcommands: [SchemaShow.self, SchemaValidate.self]
    )

    package init() {}
}
