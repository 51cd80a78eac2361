package import ArgumentParser
import HeddleClient
import HeddleVectors
import JSON

/// `heddle vectors create`: makes a collection.
package struct VectorsCreate: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a collection of vectors.",
        discussion:
            "What is not said follows the dimension: links, candidates, and bytes in memory above 768 dimensions."
    )

    @OptionGroup var collection: CollectionArgument

    @Option(help: "Numbers of each vector, 1 to 4096.")
    var dimension: Int

    @Option(help: "cosine, dot or l2.")
    var metric = VectorMetric.cosine.rawValue

    @Option(help: "What is kept in memory: none (floats), float16, int8 or binary.")
    var quantization: String?

    @Option(help: "What is kept on disk: float32 or float16.")
    var precision: String?

    @Option(help: "Links of a node on the upper levels of the graph.")
    var m: Int?

    @Option(help: "Candidates that a new node chooses its links from.")
    var efConstruction: Int?

    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("A field of payloads that filters can name; can be repeated.", valueName: "path=kind")
    )
    var fields: [String] = []

    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var body = JSONObject(members: [
            .init(name: "name", value: .string(collection.name)), .init(name: "dimension", value: .integer(dimension)),
            .init(name: "metric", value: .string(metric)),
        ])
        if let quantization { body["quantization"] = .string(quantization) }
        if let precision { body["precision"] = .string(precision) }
        if let m { body["m"] = .integer(m) }
        if let efConstruction { body["ef_construction"] = .integer(efConstruction) }
        if !fields.isEmpty { body["fields"] = .object(try fieldKinds()) }
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            global.results.render(try await client.createVectors(asked))
        }
    }

    private func fieldKinds() throws -> JSONObject {
        var kinds = JSONObject()
        for field in fields {
            guard let mark = field.lastIndex(of: "="), mark != field.startIndex else {
                throw ValidationError("--field is a path and a kind, such as language=keyword")
            }
            kinds[String(field[..<mark])] = .string(String(field[field.index(after: mark)...]))
        }
        return kinds
    }
}

extension VectorCollectionResource: DetailDisplayable {
    var details: [(name: String, value: String)] {
        [
            ("name", name), ("dimension", String(dimension)), ("metric", metric), ("in memory", quantization),
            ("points", String(points)), ("deleted", String(deleted)), ("linked", String(linked)),
            ("memory", "\(memoryBytes >> 10) kB"), ("disk", "\(diskBytes >> 10) kB"),
            ("damages", damages.joined(separator: "\n")),
        ]
    }
}
