import FoundationEssentials
import HeddleModel
import JSON
import Yams

/// `heddle.json` or `heddle.yaml`: sections inside sections, read as dotted keys.
enum ConfigurationFile {
    /// The settings of a file.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` when it cannot be read or is no object.
    static func read(_ path: String) throws(HeddleError) -> [(String, String)] {
        do {
            let bytes = Array(try Data(contentsOf: URL(filePath: path)))
            var result: [(String, String)] = []
            if path.hasSuffix(".json") {
                try flatten(JSONValue(parsing: bytes), "", &result)
            } else if let node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) {
                try flatten(node, "", &result)
            }
            return result
        } catch let error as HeddleError {
            throw error
        } catch let error as JSONError {
            throw HeddleError(.invalidConfiguration, "the configuration file is not JSON: \(error)")
        } catch {
            throw HeddleError(.invalidConfiguration, "the configuration file '\(path)' cannot be read", cause: error)
        }
    }

    private static func flatten(
        _ value: JSONValue,
        _ prefix: String,
        _ result: inout [(String, String)]
    ) throws(HeddleError) {
        switch value {
        case .object(let object):
            for member in object.members {
                try flatten(member.value, prefix.isEmpty ? member.name : "\(prefix).\(member.name)", &result)
            }
        case .string(let text): result.append((prefix, text))
        case .number(let text): result.append((prefix, text))
        case .bool(let flag): result.append((prefix, flag ? "true" : "false"))
        case .array(let elements): result.append((prefix, elements.compactMap(\.string).joined(separator: ",")))
        case .null: break
        }
        guard !prefix.isEmpty || value.object != nil else {
            throw HeddleError(.invalidConfiguration, "the configuration file is an object")
        }
    }

    private static func flatten(
        _ node: Node,
        _ prefix: String,
        _ result: inout [(String, String)]
    ) throws(HeddleError) {
        switch node {
        case .mapping(let mapping):
            for (key, inner) in mapping {
                let name = key.string ?? ""
                try flatten(inner, prefix.isEmpty ? name : "\(prefix).\(name)", &result)
            }
        case .sequence(let sequence):
            result.append((prefix, sequence.compactMap(\.string).joined(separator: ",")))
        case .scalar(let scalar):
            guard !prefix.isEmpty else {
                throw HeddleError(.invalidConfiguration, "the configuration file is an object")
            }
            result.append((prefix, scalar.string))
        case .alias:
            throw HeddleError(.invalidConfiguration, "'\(prefix)' uses a YAML alias, which is not supported")
        }
    }
}
