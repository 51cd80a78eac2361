package import ArgumentParser

/// `heddle db`: the database of a server, looked at and cared for without the server.
package struct DatabaseCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Look at, check, back up and restore the database.",
        discussion: """
            These commands read the same configuration as 'serve' and talk to the database itself; a server may run or not.
            """,
        subcommands: [
            DatabaseStatus.self, DatabaseCheck.self, DatabaseMigrate.self, DatabaseBackup.self, DatabaseRestore.self,
        ],
        aliases: ["database"]
    )

    package init() {}
}
