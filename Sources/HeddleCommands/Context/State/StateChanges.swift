package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context state changes`: what happened to the shared state.
package struct StateChanges: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "changes",
        abstract: "List the changes of the shared state since a version."
    )

    @OptionGroup var context: ContextArgument

    @Option(help: ArgumentHelp("The version that is known.", valueName: "version"))
    var since: Int

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let json = try await client.stateChanges(of: context.id, since: since)
            let rows = (json["changes"]?.array ?? [])
                .map { change in
                    [
                        change["version"]?.text ?? "", change["changed_at"]?.string ?? "",
                        change["changed_by"]?.string ?? "", change["operations"]?.text ?? "",
                    ]
                }
            global.results.render(Table(headings: ["VERSION", "CHANGED", "BY", "OPERATIONS"], rows: rows), json: json)
            guard global.output == .table, json["snapshot"] != nil else { return }
            Terminal.error.line(
                "these changes are not kept any more; 'heddle context state get' shows what came of them"
            )
        }
    }
}
