package import JSON
import Yams

/// YAML of files that people write, as JSON: what one can say in both.
package enum YAMLText {
    private static let deepest = 32

    /// Reads a text; nothing at all is null.
    ///
    /// - Throws: ``HeddleError`` with the code when it is not YAML, or uses what JSON does not have.
    package static func value(_ yaml: [UInt8], code: HeddleError.Code) throws(HeddleError) -> JSONValue {
        guard YAMLAliases.areFew(yaml) else { throw HeddleError(code, "YAML aliases are not supported") }
        do {
            guard let text = String(validating: yaml, as: UTF8.self) else {
                throw HeddleError(code, "the text is not UTF-8")
            }
            return try Yams.compose(yaml: text).map { try value($0, code, depth: 0) } ?? .null
        } catch let error as HeddleError {
            throw error
        } catch {
            // What the parser says quotes the line, which may hold a secret.
            throw HeddleError(code, "the text is not YAML: \(problem(error))".clipped(300))
        }
    }

    /// What is wrong and where, without what is written there.
    private static func problem(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let before = context.map { "\($0.text) in line \($0.mark.line), " } ?? ""
            return "\(before)\(problem) in line \(mark.line), column \(mark.column)"
        case .reader(let problem, let offset, _, _):
            return problem + (offset.map { " after \($0) characters" } ?? "")
        case .duplicatedKeysInMapping(let names, let context):
            let list = names.sorted().map { "'\($0)'" }.joined(separator: ", ")
            return "\(list) is there more than once, \(context.text) in line \(context.mark.line)"
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded, nil:
            return "it cannot be read"
        }
    }

    private static func value(_ node: Node, _ code: HeddleError.Code, depth: Int) throws(HeddleError) -> JSONValue {
        guard depth < deepest else { throw HeddleError(code, "the YAML is nested more than \(deepest) deep") }
        // The parser puts copies in the place of aliases, which a few lines can make billions.
        guard node.anchor == nil else { throw HeddleError(code, "YAML anchors are not supported") }
        switch node {
        case .scalar(let scalar): return self.scalar(scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(element, code, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping):
            var members: [JSONObject.Member] = []
            for (key, inner) in mapping {
                guard let name = key.string else { throw HeddleError(code, "a key of the YAML is not a text") }
                members.append(.init(name: name, value: try value(inner, code, depth: depth + 1)))
            }
            return .object(JSONObject(members: members))
        case .alias:
            throw HeddleError(code, "YAML aliases are not supported")
        }
    }

    /// The core schema of YAML 1.2: plain `true`, `null` and numbers; what is quoted stays text.
    private static func scalar(_ scalar: Node.Scalar) -> JSONValue {
        scalar.style == .plain ? plain(scalar.string) : .string(scalar.string)
    }

    /// What a text without quotes stands for.
    static func plain(_ text: String) -> JSONValue {
        switch text {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case "", "~", "null", "Null", "NULL": return nil
        default:
            if let number = Int(text) { return .integer(number) }
            if let parsed = try? JSONValue(parsing: Array(text.utf8)), case .number = parsed { return parsed }
            return .string(text)
        }
    }
}
