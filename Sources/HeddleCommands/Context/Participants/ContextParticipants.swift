package import ArgumentParser

/// `heddle context participants`: who takes part in a context.
package struct ContextParticipants: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "participants",
        abstract: "List and change who takes part in a context.",
        subcommands: [ParticipantList.self, ParticipantAdd.self, ParticipantUpdate.self, ParticipantRemove.self]
    )

    package init() {}
}
