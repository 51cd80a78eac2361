package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context events`: what happened to a context.
package struct ContextEvents: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List what happened to a context, the oldest first."
    )

    @OptionGroup var context: ContextArgument

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit = 1000

    @Option(help: ArgumentHelp("Go on where an earlier list ended: its next_cursor.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
    }

    package func run() async throws {
        try await global.withClient { client in
            let page = try await client.contextEvents(context.id, limit: limit, cursor: cursor)
            global.results.render(page, hint: "nothing has happened")
            guard global.output == .table, let next = page.nextCursor else { return }
            Terminal.error.line("there are more: --cursor \(next) shows what follows")
        }
    }
}

extension ContextEventResource: ListDisplayable {
    static let tableHeader = ["TIME", "EVENT", "BY", "DATA"]

    var tableRow: [String] { [occurredAt, type, principal, data.text] }
}
