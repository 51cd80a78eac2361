package import ArgumentParser

/// `heddle context metadata`: values that a context keeps under keys.
package struct ContextMetadata: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "Keep values in a context, each under a key and with its history.",
        subcommands: [
            MetadataList.self, MetadataGet.self, MetadataSet.self, MetadataRemove.self, MetadataHistory.self,
        ]
    )

    package init() {}
}

/// The key of a metadata item.
package struct MetadataArgument: ParsableArguments {
    @Argument(help: "The key, whatever characters it has.")
    var key: String

    package init() {}
}
