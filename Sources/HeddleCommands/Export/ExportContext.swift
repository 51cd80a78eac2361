package import ArgumentParser
import HeddleClient

/// `heddle export context`: a context for other programs.
package struct ExportContext: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "context",
        abstract: "Print a context in a form that other programs read."
    )

    @OptionGroup var context: ContextArgument

    @Option(help: "The form.")
    var format: ExchangeFormat = .mplp

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            switch format {
            case .mplp: Terminal.output.json(try await client.mplpContext(context.id))
            }
        }
    }
}
