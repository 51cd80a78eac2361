import FoundationEssentials
import HeddleModel
import JSON
import JSONSchema

/// Schemas with values, read from the files that a benchmark is given.
struct SchemaSubjects {
    /// A schema as it is written, and what compiles it.
    struct Subject {
        let text: JSONDocument
        let registry: SchemaRegistry
        let options: JSONSchema.Options
        let values: [JSONDocument]

        func compiled() throws(SchemaError) -> JSONSchema {
            try JSONSchema(text, registry: registry, options: options)
        }
    }

    let subjects: [Subject]

    var valueCount: Int { subjects.map(\.values.count).reduce(0, +) }
    var valueBytes: Int { subjects.flatMap(\.values).map(\.bytes.count).reduce(0, +) }
    var schemaBytes: Int { subjects.map(\.text.bytes.count).reduce(0, +) }

    /// The messages of a folder with `schema.json` and, for each of its `$defs`, valid values in `examples/<name>/`.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, or ``JSONError`` or ``SchemaError``.
    init(messages folder: String) throws {
        var registry = SchemaRegistry()
        try registry.add(Self.document(folder + "/schema.json"), as: "urn:heddle:benchmark")
        subjects = try Self.names(folder + "/examples")
            .map { name in
                Subject(
                    text: try JSONDocument(##"{"$ref":"urn:heddle:benchmark#/$defs/\##(name)"}"##),
                    registry: registry,
                    options: JSONSchema.Options(),
                    values: try Self.names("\(folder)/examples/\(name)")
                        .map { try Self.document("\(folder)/examples/\(name)/\($0)") }
                )
            }
    }

    /// The groups of a draft's folder of the official suite, but for those that need documents from elsewhere.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, or ``JSONError``.
    init(suite folder: String) throws {
        var options = JSONSchema.Options()
        if folder.split(separator: "/").last == "draft7" { options.schema = "http://json-schema.org/draft-07/schema" }
        var found: [Subject] = []
        for file in try Self.names(folder) where file.hasSuffix(".json") {
            for group in try Self.document("\(folder)/\(file)").root.elements {
                guard let schema = group["schema"], let tests = group["tests"] else { continue }
                let text = try JSONDocument(Array(schema.bytes))
                guard !String(decoding: schema.bytes, as: UTF8.self).contains("localhost:1234"),
                    (try? JSONSchema(text, options: options)) != nil
                else { continue }
                let values = tests.elements.compactMap { $0["data"] }
                found.append(
                    Subject(
                        text: text,
                        registry: SchemaRegistry(),
                        options: options,
                        values: try values.map { try JSONDocument(Array($0.bytes)) }
                    )
                )
            }
        }
        subjects = found
    }

    private static func document(_ path: String) throws -> JSONDocument {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw HeddleError(.pathNotReadable, "'\(path)' cannot be read")
        }
        return try JSONDocument(Array(data))
    }

    private static func names(_ path: String) throws(HeddleError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw HeddleError(.pathNotReadable, "'\(path)' cannot be read", cause: error)
        }
    }
}
