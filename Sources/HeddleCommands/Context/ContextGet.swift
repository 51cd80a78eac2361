package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle context get`: all about one context.
package struct ContextGet: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show all about one context.",
        aliases: ["show"]
    )

    /// What can be shown with a context.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case participants
        case sessions
        case access
    }

    @OptionGroup var context: ContextArgument

    @Option(help: "Show more: participants, sessions or access; can be repeated.")
    var include: [Part] = []

    @Option(help: "Show it as an object of the MPLP schemas.")
    var format: ExchangeFormat?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            switch format {
            case .mplp: Terminal.output.json(try await client.mplpContext(context.id))
            case nil:
                global.results.render(try await client.showContext(context.id, including: include.map(\.rawValue)))
            }
        }
    }
}

extension ContextResource: DetailDisplayable {
    var details: [(name: String, value: String)] {
        let custom = json["metadata"]?["custom_data"]?.object
        return [
            ("id", id),
            ("name", name),
            ("type", type),
            ("status", status),
            ("version", String(version)),
            ("description", summary),
            ("owner", owner),
            ("tags", tags.joined(separator: ", ")),
            ("category", json["metadata"]?["category"]?.string ?? ""),
            ("priority", json["metadata"]?["priority"]?.string ?? ""),
            ("data", custom.map { $0.members.isEmpty ? "" : JSONValue.object($0).text } ?? ""),
            ("participants", "\(participantCount) of \(mostParticipants)"),
            ("", members("participants", ParticipantResource.init)),
            ("sessions", "\(sessionCount) of \(mostSessions)"),
            ("", members("sessions", SessionResource.init)),
            ("visibility", json["access_control"]?["visibility"]?.string ?? ""),
            ("join policy", json["access_control"]?["join_policy"]?.string ?? ""),
            ("join token", joinToken ?? ""),
            ("created", createdAt),
            ("updated", updatedAt),
            ("expires", expiresAt ?? "never"),
        ]
    }

    /// The rows of what is shown with the context, one a line.
    private func members<Item: ListDisplayable>(
        _ name: String,
        _ read: (JSONValue) throws(HeddleError) -> Item
    ) -> String {
        (json[name]?["items"]?.array ?? [])
            .compactMap { (try? read($0))?.tableRow.filter { !$0.isEmpty }.joined(separator: "  ") }
            .joined(separator: "\n")
    }
}
