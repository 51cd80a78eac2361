package import ArgumentParser
import HeddleModel
import HeddleStore
import JSON

/// `heddle db backup`: writes the whole database into one file, while servers go on.
package struct DatabaseBackup: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write the whole database, as it is now, into one file.",
        discussion: """
            A server may run meanwhile. SQLite: a database file. PostgreSQL: an archive of pg_dump. Files of extensions are in
            the data directory and not in the backup.
            """
    )

    @Argument(help: "The file to write; only its owner can read it.")
    var file: String

    @Flag(help: "Replace a file that is there.")
    var force = false

    @OptionGroup var options: DatabaseOptions
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let path = AbsolutePath.resolve(file)
        let bytes = try await options.place(global).backup(to: path, replacing: force)
        global.results.render(
            "\(path): \(bytes) bytes",
            json: ["file": .string(path), "size_bytes": .integer(bytes)]
        )
    }
}
