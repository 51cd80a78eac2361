package import ArgumentParser
import HeddleClient

/// `heddle context state`: the document that the participants of a context share.
package struct ContextState: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Show and change the document that the participants of a context share.",
        subcommands: [
            StateGet.self, StateSet.self, StatePatch.self, StateChanges.self, StateSnapshot.self, StateSnapshots.self,
            StateForget.self, StateRestore.self,
        ]
    )

    package init() {}
}

/// What becomes of a change when others were quicker.
enum ConflictStrategy: String, CaseIterable, ExpressibleByArgument {
    case reject
    case lastWriteWins = "last_write_wins"
    case merge
}

/// The version that a change is made to.
package struct StateBaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The version that the change is made to (default: what is there).", valueName: "version")
    )
    var baseVersion: Int?

    @Option(help: "What becomes of it when others have changed the state since: reject, last_write_wins or merge.")
    var onConflict: ConflictStrategy?

    package init() {}

    package func validate() throws {
        guard onConflict == nil || baseVersion != nil else {
            throw ValidationError("--on-conflict needs --base-version.")
        }
    }

    /// The same for the client.
    var base: HeddleClient.StateBase { .init(version: baseVersion, strategy: onConflict?.rawValue) }
}
