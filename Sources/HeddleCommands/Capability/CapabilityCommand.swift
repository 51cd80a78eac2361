package import ArgumentParser

/// `heddle cap`: what the extensions can do.
package struct CapabilityCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cap",
        abstract: "List, show and call capabilities.",
        subcommands: [
            CapabilityList.self, CapabilityShow.self, CapabilityInvoke.self, CapabilityStatisticsCommand.self,
        ]
    )

    package init() {}
}
