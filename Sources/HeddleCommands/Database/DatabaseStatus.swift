package import ArgumentParser
import HeddleClient
import HeddleServer
import HeddleStore
import JSON

/// `heddle db status`: what the database is and has.
package struct DatabaseStatus: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the engine, the size and the schema of the database."
    )

    @OptionGroup var options: DatabaseOptions
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let place = try options.place(global)
        let report = try await place.status(migrations: HeddleApplication.migrations)
        global.results.render(Shown(place, report))
    }

    /// The report as it is shown.
    struct Shown: DetailDisplayable {
        let json: JSONValue

        init(_ json: JSONValue) { self.json = json }

        init(_ place: StorePlace, _ report: StoreReport) {
            let facts = report.facts.map { fact in
                JSONObject.Member(
                    name: fact.name,
                    value: Int(fact.value).map(JSONValue.integer) ?? .string(fact.value)
                )
            }
            json = [
                "engine": .string(place.engine), "place": .string(place.name), "version": .string(report.version),
                "library": report.library.map(JSONValue.string) ?? .null, "size_bytes": .integer(report.bytes),
                "facts": .object(JSONObject(members: facts)),
                "migrations": .array(
                    report.migrations.map { ["name": .string($0.name), "applied": .bool($0.isApplied)] }
                ),
            ]
        }

        var details: [(name: String, value: String)] {
            let facts = (json["facts"]?.object?.members ?? [])
                .map { ($0.name.replacing("_", with: " "), $0.value.string ?? $0.value.text) }
            let migrations = (json["migrations"]?.array ?? [])
                .map { "\($0["name"]?.string ?? "")  \($0["applied"]?.bool == true ? "applied" : "missing")" }
            return [
                ("engine", json["version"]?.string ?? ""), ("library", json["library"]?.string ?? ""),
                ("place", json["place"]?.string ?? ""), ("size", "\(json["size_bytes"]?.integer ?? 0) bytes"),
            ] + facts + [("migrations", migrations.joined(separator: "\n"))]
        }
    }
}
