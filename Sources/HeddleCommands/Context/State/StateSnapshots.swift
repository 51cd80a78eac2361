package import ArgumentParser
import HeddleClient

/// `heddle context state snapshots`: what was kept.
package struct StateSnapshots: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "snapshots",
        abstract: "List the snapshots of a context, the newest first."
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(
                try await client.snapshots(of: context.id),
                hint: "no snapshots; take one with 'heddle context state snapshot <context>'"
            )
        }
    }
}

extension SnapshotResource: ListDisplayable {
    static let tableHeader = ["ID", "VERSION", "CREATED", "BYTES", "NAME"]

    var tableRow: [String] { [id, String(version), createdAt, String(byteCount), name] }
}
