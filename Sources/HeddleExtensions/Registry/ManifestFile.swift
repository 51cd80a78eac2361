import Glibc
import HeddleModel
import JSON
import Yams

/// The manifest in an extension's folder: `extension.json`, `extension.yaml` or `extension.yml`.
enum ManifestFile {
    private static let names = ["extension.json", "extension.yaml", "extension.yml"]
    private static let maximumBytes = 1 << 20

    /// Reads the manifest of a folder.
    ///
    /// - Throws: ``HeddleError`` with `invalidManifest` when there is none, it is too large or breaks a rule, or
    ///   `malformedJSON`.
    static func read(directory: String) throws(HeddleError) -> Manifest {
        for name in names {
            guard let bytes = try contents("\(directory)/\(name)") else { continue }
            return try Manifest(parsing: name.hasSuffix("json") ? bytes : json(yaml: bytes))
        }
        throw HeddleError(.invalidManifest, "the folder has no \(names.joined(separator: ", no "))")
    }

    private static func contents(_ path: String) throws(HeddleError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            guard errno == ENOENT || errno == ENOTDIR else {
                throw HeddleError(.pathNotReadable, "the manifest cannot be read", details: ["path": path])
            }
            return nil
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= maximumBytes {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else {
                throw HeddleError(.pathNotReadable, "the manifest cannot be read", details: ["path": path])
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw HeddleError(.invalidManifest, "the manifest is larger than \(maximumBytes) bytes")
    }

    private static func json(yaml: [UInt8]) throws(HeddleError) -> [UInt8] {
        guard YAMLAliases.areFew(yaml) else {
            throw HeddleError(.invalidManifest, "the manifest uses YAML aliases, which are not supported")
        }
        do {
            guard let node = try Yams.compose(yaml: String(decoding: yaml, as: UTF8.self)) else {
                throw HeddleError(.invalidManifest, "the manifest is empty")
            }
            return try value(node, depth: 0).bytes
        } catch let error as HeddleError {
            throw error
        } catch {
            throw HeddleError(.invalidManifest, "the manifest is not YAML", cause: error)
        }
    }

    private static func value(_ node: Node, depth: Int) throws(HeddleError) -> JSONValue {
        guard depth < 32 else { throw HeddleError(.invalidManifest, "the manifest is nested too deeply") }
        // The parser puts copies in the place of aliases, which a few lines can make billions.
        guard node.anchor == nil else {
            throw HeddleError(.invalidManifest, "the manifest uses a YAML anchor, which is not supported")
        }
        switch node {
        case .scalar(let scalar): return self.scalar(scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(element, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping):
            var members: [JSONObject.Member] = []
            for (key, inner) in mapping {
                members.append(.init(name: key.string ?? "", value: try value(inner, depth: depth + 1)))
            }
            return .object(JSONObject(members: members))
        case .alias:
            throw HeddleError(.invalidManifest, "the manifest uses a YAML alias, which is not supported")
        }
    }

    /// The core schema of YAML 1.2: plain `true`, `null` and numbers; what is quoted stays text.
    private static func scalar(_ scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain else { return .string(scalar.string) }
        switch scalar.string {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        case "", "~", "null", "Null", "NULL": return nil
        case let text: return Int(text).map(JSONValue.integer) ?? .string(text)
        }
    }
}
