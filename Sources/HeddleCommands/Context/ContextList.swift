package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle context list`: the contexts, the newest first.
package struct ContextList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List contexts, the newest first.",
        aliases: ["ls"]
    )

    @OptionGroup(title: "Which ones") var filter: ContextFilterOptions

    @Option(help: ArgumentHelp("At most so many.", valueName: "number"))
    var limit = 100

    @Option(help: ArgumentHelp("Go on where an earlier list ended: its next_cursor.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
    }

    package func run() async throws {
        try await global.withClient { client in
            let page = try await client.contexts(matching: filter.query(), limit: limit, cursor: cursor)
            global.results.render(page, hint: "no contexts; create one with 'heddle context create <name>'")
            guard global.output == .table, let next = page.nextCursor else { return }
            Terminal.error.line("there are more: --limit shows them together, --cursor \(next) what follows")
        }
    }
}

/// What finds contexts.
package struct ContextFilterOptions: ParsableArguments {
    @Option(help: "Only those of this type.")
    var type: ContextType?

    @Option(help: "Only those in this state.")
    var status: ContextStatus?

    @Option(help: ArgumentHelp("Only those of this owner.", valueName: "id"))
    var owner: String?

    @Option(help: "Only those with this tag; can be repeated.")
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only those whose metadata has this value at a path, such as custom_data.project=apollo; can be repeated.",
            valueName: "path=value"
        )
    )
    var metadata: [String] = []

    @Option(name: [.customShort("q"), .long], help: ArgumentHelp("Only those with these words.", valueName: "words"))
    var search: String?

    package init() {}

    package func validate() throws {
        for filter in metadata {
            guard let equals = filter.firstIndex(of: "="), equals > filter.startIndex else {
                throw ValidationError("--metadata \(filter): say path=value.")
            }
        }
    }

    /// The filters as the server names them.
    package func query() -> [(String, String?)] {
        var query: [(String, String?)] = [
            ("type", type?.rawValue), ("status", status?.rawValue), ("owner", owner), ("q", search),
        ]
        query += tag.map { ("tag", $0) }
        query += metadata.map { filter in
            let parts = filter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return ("metadata.\(parts[0])", String(parts[1]))
        }
        return query
    }
}

extension ContextResource: ListDisplayable {
    static let tableHeader = ["ID", "NAME", "TYPE", "STATUS", "PARTICIPANTS", "SESSIONS", "EXPIRES", "TAGS"]

    var tableRow: [String] {
        [
            id, name, type, status, "\(participantCount)/\(mostParticipants)", "\(sessionCount)/\(mostSessions)",
            expiresAt ?? "never", tags.joined(separator: ", "),
        ]
    }
}
