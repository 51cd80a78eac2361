package import ArgumentParser
import HeddleModel
import HeddleServer
import HeddleStore
import JSON

/// `heddle db restore`: puts a backup in the place of everything that the database has.
package struct DatabaseRestore: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replace everything in the database by a backup.",
        discussion:
            "No server may use the database meanwhile. The file is checked first; when anything fails, all is as it was."
    )

    @Argument(help: "A file that 'db backup' wrote.")
    var file: String

    @Flag(name: [.customLong("yes"), .customShort("y")], help: "Do it without asking.")
    var isAgreed = false

    @OptionGroup var options: DatabaseOptions
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let place = try options.place(global)
        let path = AbsolutePath.resolve(file)
        guard try isConfirmed(place) else { throw ExitCode.failure }
        try await place.restore(from: path, migrations: HeddleApplication.migrations)
        global.results.render(
            "\(place.name) has what \(path) has",
            json: ["restored": .string(path), "place": .string(place.name)]
        )
    }

    /// Whether a person, here or in the script, wants to lose what is there.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when nobody can be asked.
    private func isConfirmed(_ place: StorePlace) throws(HeddleError) -> Bool {
        if isAgreed { return true }
        guard Terminal.input.isInteractive, Terminal.error.isInteractive else {
            throw HeddleError(
                .invalidRequest,
                "everything in \(place.name) would be replaced; say --yes to that",
                details: ["option": "--yes"]
            )
        }
        return Consent.ask("Replace everything in \(place.name)?")
    }
}
