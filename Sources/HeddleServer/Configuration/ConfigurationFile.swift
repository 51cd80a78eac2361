import FoundationEssentials
import HeddleModel
import JSON

/// `heddle.json` or `heddle.yaml`: sections inside sections, as ``ConfigurationOption/schema`` describes them.
enum ConfigurationFile {
    /// What a file says.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` when it cannot be read or is neither JSON nor YAML.
    static func read(_ path: String) throws(HeddleError) -> JSONValue {
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw HeddleError(.invalidConfiguration, "the configuration file '\(path)' cannot be read", cause: error)
        }
        guard path.hasSuffix(".json") else {
            let value = try YAMLText.value(bytes, code: .invalidConfiguration)
            return value == .null ? [:] : value
        }
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw HeddleError(.invalidConfiguration, "the configuration file is not JSON: \(error)")
        }
    }
}
