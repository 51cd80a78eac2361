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
        flags["data.directory"] = global.dataDir.map(AbsolutePath.resolve)
        return try ServerConfiguration.load(
            file: file.map(AbsolutePath.resolve),
            environment: ProcessEnvironment.variables,
            flags: flags
        )
    }
}
