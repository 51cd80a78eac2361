package import ArgumentParser
import HeddleClient
import HeddleModel
import HeddleVectors
import JSON

/// `heddle vectors import`: stores the vectors of a file.
package struct VectorsImport: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Store the vectors of a file.",
        discussion: """
            A NumPy file (.npy) has a matrix of <f4 or <f2, and the ids are the numbers of its rows. Any other file has a line \
            of JSON for each point: id, vector and perhaps payload.
            """
    )

    @OptionGroup var collection: CollectionArgument

    @Argument(help: "The file.", completion: .file())
    var file: String

    @Option(help: ArgumentHelp("What stands before the numbers of rows in ids.", valueName: "text"))
    var idPrefix = ""

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let (name, file, prefix) = (collection.name, file, idPrefix)
        try await global.withClient { client in
            let count = try await Progress.during("importing \(DisplayText.line(file))") {
                file.hasSuffix(".npy")
                    ? try await Self.importMatrix(client, name, file, prefix)
                    : try await Self.importLines(client, name, file)
            }
            global.results.render("\(count) stored", json: ["stored": .integer(count)])
        }
    }

    private static func importMatrix(
        _ client: HeddleClient,
        _ name: String,
        _ path: String,
        _ prefix: String
    ) async throws -> Int {
        let matrix = try VectorFile(path: path)
        // About a megabyte of JSON, as many digits as a float has.
        let size = max(10, min(1_000, (1 << 20) / (matrix.dimension * 12)))
        var stored = 0
        for start in stride(from: 0, to: matrix.count, by: size) {
            let points = (start..<min(start + size, matrix.count))
                .map { row -> JSONValue in
                    let numbers = matrix[row].map { JSONValue.number("\($0)") }
                    return ["id": .string("\(prefix)\(row)"), "vector": .array(numbers)]
                }
            stored += try await client.upsertVectors(points, into: name)
        }
        return stored
    }

    private static func importLines(_ client: HeddleClient, _ name: String, _ path: String) async throws -> Int {
        var stored = 0
        var points: [JSONValue] = []
        var bytes = 0
        var number = 0
        for line in try LineReader(path: path) {
            number += 1
            guard !line.isEmpty else { continue }
            guard let point = try? JSONValue(parsing: line) else {
                throw HeddleError(.malformedJSON, "line \(number) is not JSON", details: ["line": String(number)])
            }
            points.append(point)
            bytes += line.count
            if bytes >= 1 << 20 || points.count == 1_000 {
                stored += try await client.upsertVectors(points, into: name)
                points = []
                bytes = 0
            }
        }
        if !points.isEmpty { stored += try await client.upsertVectors(points, into: name) }
        return stored
    }
}
