package import ArgumentParser
import HeddleClient
import HeddleModel

/// `heddle ext accept`: accept a version that waits, or tools that changed since they were accepted.
package struct ExtensionAccept: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Accept what waits: a new version, or tools that changed."
    )

    @Argument(help: "The extension.")
    var name: String

    @Flag(help: "Remove the version that waits instead.")
    var discard = false

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            // What is accepted is what was looked at, whatever is offered since.
            let held = try await client.showExtension(name)
            guard !discard else {
                let kept = try await client.discardPending(name, revision: held.revision)
                return global.results.render("\(kept.name) stays at \(kept.version)", json: kept.json)
            }
            for line in held.pending?.lines ?? held.changeLines { Terminal.error.line(line) }
            let changed = try await client.acceptExtension(name, revision: held.revision)
            // What was looked at were permissions; the tools are known only now.
            let settled = try await PendingConsent.settle(changed, isAgreed: false, client)
            let what = held.pending == nil ? "its new tools" : settled.version
            global.results.render("\(settled.name) is \(settled.state) with \(what)", json: settled.json)
        }
    }
}
