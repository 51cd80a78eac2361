import FoundationEssentials
import HeddleModel
import JSON
import Yams

/// `heddle.json` or `heddle.yaml`: sections inside sections, read as dotted keys.
enum ConfigurationFile {
    /// One setting as the file has it.
    struct Setting {
        let key: String
        let value: String
        var isList = false
    }

    /// The settings of a file.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` when it cannot be read or is no object.
    static func read(_ path: String) throws(HeddleError) -> [Setting] {
        do {
            let bytes = Array(try Data(contentsOf: URL(filePath: path)))
            var result: [Setting] = []
            if path.hasSuffix(".json") {
                try flatten(JSONValue(parsing: bytes), "", &result)
            } else if !YAMLAliases.areFew(bytes) {
                throw HeddleError(.invalidConfiguration, "the configuration file uses YAML aliases")
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
        _ result: inout [Setting]
    ) throws(HeddleError) {
        switch value {
        case .object(let object):
            for member in object.members {
                try flatten(member.value, prefix.isEmpty ? member.name : "\(prefix).\(member.name)", &result)
            }
        case .string(let text): result.append(Setting(key: prefix, value: text))
        case .number(let text): result.append(Setting(key: prefix, value: text))
        case .bool(let flag): result.append(Setting(key: prefix, value: flag ? "true" : "false"))
        case .array(let elements): try add(prefix, elements.compactMap(\.string), of: elements.count, &result)
        case .null: break
        }
        guard !prefix.isEmpty || value.object != nil else {
            throw HeddleError(.invalidConfiguration, "the configuration file is an object")
        }
    }

    private static func add(
        _ key: String,
        _ elements: [String],
        of count: Int,
        _ result: inout [Setting]
    ) throws(HeddleError) {
        guard elements.count == count, !elements.contains(where: { $0.contains(",") }) else {
            throw HeddleError(
                .invalidConfiguration,
                "the list '\(key)' is one of texts without commas",
                details: ["key": key]
            )
        }
        result.append(Setting(key: key, value: elements.joined(separator: ","), isList: true))
    }

    private static func flatten(
        _ node: Node,
        _ prefix: String,
        _ result: inout [Setting]
    ) throws(HeddleError) {
        // The parser puts copies in the place of aliases, which a few lines can make billions.
        guard node.anchor == nil else {
            throw HeddleError(.invalidConfiguration, "'\(prefix)' uses a YAML anchor, which is not supported")
        }
        switch node {
        case .mapping(let mapping):
            for (key, inner) in mapping {
                let name = key.string ?? ""
                try flatten(inner, prefix.isEmpty ? name : "\(prefix).\(name)", &result)
            }
        case .sequence(let sequence):
            let elements = sequence.compactMap { $0.anchor == nil ? $0.scalar?.string : nil }
            try add(prefix, elements, of: sequence.count, &result)
        case .scalar(let scalar):
            guard !prefix.isEmpty else {
                throw HeddleError(.invalidConfiguration, "the configuration file is an object")
            }
            result.append(Setting(key: prefix, value: scalar.string))
        case .alias:
            throw HeddleError(.invalidConfiguration, "'\(prefix)' uses a YAML alias, which is not supported")
        }
    }
}
