import FoundationEssentials
import HeddleClient
import HeddleModel
import JSON
import JSONSchema

/// JSON and YAML files for a schema command, and the schemas that others may refer to.
enum SchemaFiles {
    private static let largest = 64 << 20
    private static let most = 10_000

    /// The document in a file; `-` is standard input.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, `bodyTooLarge` or `malformedJSON`.
    static func document(_ path: String) throws(HeddleError) -> JSONDocument {
        let bytes = try path == "-" ? FileBytes.standardInput(limit: largest) : FileBytes.read(path, limit: largest)
        do {
            guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") else { return try JSONDocument(bytes) }
            return try JSONDocument(YAMLText.value(bytes, code: .malformedJSON).bytes)
        } catch {
            throw HeddleError(.malformedJSON, "'\(path)' is not acceptable: \(error)")
        }
    }

    /// The address of a file, which references inside of it are relative to.
    static func address(_ path: String) -> String {
        let allowed = "/-._~!$&'()*+,;=:@".utf8
        let encoded = AbsolutePath.resolve(path).utf8
            .map { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: String(UnicodeScalar(byte))
                case _ where allowed.contains(byte): String(UnicodeScalar(byte))
                default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
                }
            }
        return "file://" + encoded.joined()
    }

    /// Files, and all JSON files in folders, under their addresses and the names that they give themselves.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable` or `malformedJSON`, or ``SchemaError``.
    static func registry(_ paths: [String], except schema: String) throws -> SchemaRegistry {
        var registry = SchemaRegistry()
        var added: Set<String> = [AbsolutePath.resolve(schema)]
        for file in try paths.flatMap(files) where added.insert(AbsolutePath.resolve(file)).inserted {
            guard added.count <= most else { throw HeddleError(.invalidRequest, "there are more than \(most) files") }
            try registry.add(document(file), as: address(file))
        }
        return registry
    }

    private static func files(_ path: String) throws -> [String] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw HeddleError(.pathNotReadable, "'\(path)' is not there")
        }
        guard isFolder else { return [path] }
        return try FileManager.default.subpathsOfDirectory(atPath: path)
            .filter { $0.hasSuffix(".json") }.sorted().map { "\(path)/\($0)" }
    }
}
