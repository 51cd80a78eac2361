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
        return try ServerConfiguration.load(
            file: self.file(file),
            environment: ProcessEnvironment.variables,
            flags: flags
        )
    }

    /// The layers of a file that is about to change: options for talking to a server do not count.
    static func layers(file: String?, global: GlobalOptions) -> ConfigurationLayers {
        var flags: [String: String] = [:]
        flags["data.directory"] = global.dataDir
        return ConfigurationLayers(file: file, environment: ProcessEnvironment.variables, flags: flags)
    }

    /// The file that was named, here or in the environment.
    static func file(_ named: String?) -> String? {
        named ?? ProcessEnvironment.variables["HEDDLE_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
