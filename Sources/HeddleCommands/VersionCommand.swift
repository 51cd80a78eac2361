package import ArgumentParser
import HeddleModel
import JSON

/// `heddle version`: the version of this program.
package struct VersionCommand: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Print the version of this program."
    )

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let version = HeddleVersion.current
        global.results.render("heddle \(version)", json: ["version": .string(version)])
    }
}
