package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle context update`: changes a context.
package struct ContextUpdate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change a context: some of what is said of it, or its status.",
        discussion: """
            What a file and the options say is put into what is there (a null in a file removes a member); with --replace \
            it takes its place. Ending a context makes its participants leave and its sessions end.
            """
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "Another name.")
    var name: String?

    @OptionGroup(title: "What it is") var attributes: ContextAttributeOptions

    @Option(help: "active, paused or terminated.")
    var status: ContextStatus?

    @Flag(help: "Replace what is said of it.")
    var replace = false

    @OptionGroup(title: "Which version") var version: VersionOption
    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard !replace || status == nil else { throw ValidationError("--status does not go with --replace.") }
    }

    package func run() async throws {
        var body = try attributes.body()
        body.set("name", name.map(JSONValue.string))
        body.set("status", status.map { .string($0.rawValue) })
        guard !body.members.isEmpty else { throw ValidationError("Say what is to change.") }
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            let context = try await client.updateContext(
                context.id,
                asked,
                replaces: replace,
                ifVersion: version.ifVersion
            )
            global.results.render(
                "\(context.name) is \(context.status), version \(context.version)",
                json: context.json
            )
        }
    }
}
