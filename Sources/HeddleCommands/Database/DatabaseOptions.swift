import ArgumentParser
import HeddleModel
import HeddleServer
import HeddleStore

/// Where the database is: what `serve` would take here and now.
struct DatabaseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A PostgreSQL database (default: SQLite in the data directory).", valueName: "url"))
    var database: String?

    @Option(help: ArgumentHelp("A configuration file, JSON or YAML.", valueName: "path"))
    var config: String?

    init() {}

    /// Reads defaults, file, environment and flags.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` that names the key.
    func place(_ global: GlobalOptions) throws(HeddleError) -> StorePlace {
        var flags: [String: String] = [:]
        flags["database.url"] = database
        return try LocalConfiguration.load(file: config, global: global, flags: flags).storePlace
    }
}
