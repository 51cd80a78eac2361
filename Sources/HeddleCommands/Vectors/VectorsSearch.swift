package import ArgumentParser
import HeddleClient
import JSON

/// `heddle vectors search`: finds the nearest points.
package struct VectorsSearch: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find the points that are nearest to a vector."
    )

    @OptionGroup var collection: CollectionArgument

    @Option(help: ArgumentHelp("The vector: numbers with commas between them.", valueName: "numbers"))
    var vector: String

    @Option(help: "Answers at most.")
    var limit = 10

    @Option(help: "Candidates that the search keeps.")
    var ef: Int?

    @Option(help: ArgumentHelp("The recall to reach, by what was measured.", valueName: "share"))
    var recall: Double?

    @Flag(help: "Look at all vectors.")
    var exact = false

    @Option(
        help: ArgumentHelp(
            "Which points: a JSON object such as {\"field\":\"language\",\"equals\":\"swift\"}.",
            valueName: "json"
        )
    )
    var filter: String?

    @Option(help: ArgumentHelp("The least similarity, or the greatest distance.", valueName: "score"))
    var scoreThreshold: Double?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        var body = JSONObject(members: [
            .init(name: "vector", value: try VectorText.json(vector)), .init(name: "limit", value: .integer(limit)),
        ])
        if let ef { body["ef"] = .integer(ef) }
        if let recall { body["recall"] = .number("\(recall)") }
        if exact { body["exact"] = true }
        if let scoreThreshold { body["score_threshold"] = .number("\(scoreThreshold)") }
        if let filter {
            guard let value = try? JSONValue(parsing: Array(filter.utf8)) else {
                throw ValidationError("--filter is a JSON object")
            }
            body["filter"] = value
        }
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            let page = try await client.searchVectors(collection.name, asked)
            global.results.render(page, hint: "No point is found.")
        }
    }
}

extension VectorPointResource: ListDisplayable {
    static let tableHeader = ["ID", "SCORE", "PAYLOAD"]
    var tableRow: [String] { [id, score.map { "\($0)" } ?? "", json["payload"]?.text ?? ""] }
}
