import HeddleModel
import HeddleServer

/// The configuration that a server started here and now would have.
enum LocalConfiguration {
    /// Reads defaults, file, environment and flags.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` that names the key.
    static func load(
        file: String?,
        global: GlobalOptions,
        flags: [String: String] = [:]
    ) throws(HeddleError) -> ServerConfiguration {
        var flags = flags
        flags["data.directory"] = global.dataDir
        flags["security.token"] = global.token
        let environment = ProcessEnvironment.variables
        return try ServerConfiguration.load(
            file: file ?? environment["HEDDLE_CONFIG"].flatMap { $0.isEmpty ? nil : $0 },
            environment: environment,
            flags: flags
        )
    }
}
