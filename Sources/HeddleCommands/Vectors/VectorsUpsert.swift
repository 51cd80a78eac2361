package import ArgumentParser
import HeddleClient
import JSON

/// `heddle vectors upsert`: stores one point.
package struct VectorsUpsert: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "upsert",
        abstract: "Store one point, in place of the one with the same id."
    )

    @OptionGroup var collection: CollectionArgument

    @Argument(help: "The id of the point.")
    var id: String

    @Option(help: ArgumentHelp("The vector: numbers with commas between them.", valueName: "numbers"))
    var vector: String

    @Option(help: ArgumentHelp("What is known about it: a JSON object.", valueName: "json"))
    var payload: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var point = JSONObject(members: [
            .init(name: "id", value: .string(id)), .init(name: "vector", value: try VectorText.json(vector)),
        ])
        if let payload {
            guard let value = try? JSONValue(parsing: Array(payload.utf8)), value.object != nil else {
                throw ValidationError("--payload is a JSON object")
            }
            point["payload"] = value
        }
        let points = [JSONValue.object(point)]
        try await global.withClient { client in
            let count = try await client.upsertVectors(points, into: collection.name)
            global.results.render("\(count) stored", json: ["stored": .integer(count)])
        }
    }
}

/// A vector on the command line.
enum VectorText {
    /// The vector as an array of JSON.
    ///
    /// - Throws: `ValidationError` when it is something else than numbers with commas between them.
    static func json(_ text: String) throws -> JSONValue {
        let inner = text.hasPrefix("[") ? text : "[\(text)]"
        guard let value = try? JSONValue(parsing: Array(inner.utf8)), let numbers = value.array, !numbers.isEmpty,
            numbers.allSatisfy({ $0.double != nil })
        else { throw ValidationError("a vector is numbers with commas between them, such as 0.1,0.5,-2") }
        return value
    }
}
