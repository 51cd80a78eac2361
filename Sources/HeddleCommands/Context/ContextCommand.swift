package import ArgumentParser

/// `heddle context`: the contexts that agents share.
package struct ContextCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Create contexts and work in them.",
        groupedSubcommands: [
            CommandGroup(
                name: "Contexts",
                subcommands: [
                    ContextCreate.self, ContextGet.self, ContextList.self, ContextUpdate.self, ContextDelete.self,
                    ContextClone.self, ContextStatistics.self, ContextHealth.self, ContextEvents.self,
                ]
            ),
            CommandGroup(
                name: "What is in them",
                subcommands: [
                    ContextParticipants.self, ContextSessions.self, ContextMetadata.self, ContextState.self,
                ]
            ),
            CommandGroup(name: "Many of them", subcommands: [ContextImport.self, ContextExport.self]),
        ],
        aliases: ["ctx"]
    )

    package init() {}
}
