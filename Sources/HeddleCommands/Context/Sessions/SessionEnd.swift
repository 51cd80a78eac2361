package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle context sessions end`: ends a session.
package struct SessionEnd: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "end",
        abstract: "End a session."
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup var session: SessionArgument

    @Flag(help: "It has failed.")
    var failed = false

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let status: SessionStatus = failed ? .failed : .completed
        try await global.withClient { client in
            let ended = try await client.updateSession(
                session.id,
                of: context.id,
                ["status": .string(status.rawValue)]
            )
            global.results.render("\(ended.name) is \(ended.status)", json: ended.json)
        }
    }
}
