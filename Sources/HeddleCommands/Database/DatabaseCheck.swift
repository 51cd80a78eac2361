package import ArgumentParser
import HeddleClient
import HeddleServer
import HeddleStore
import JSON

/// `heddle db check`: whether anything is wrong with the database.
package struct DatabaseCheck: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Look for damage and wrong settings of the database.",
        discussion: """
            SQLite: every page and every reference. PostgreSQL: durability, encoding, collations, indexes, constraints and
            replicas. Exit status: 0 all is well, 1 something is wrong.
            """
    )

    @OptionGroup var options: DatabaseOptions
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let findings = try await options.place(global).check(migrations: HeddleApplication.migrations)
        global.results.render(Page(items: findings.map(Finding.init)), hint: "nothing to check")
        guard findings.allSatisfy(\.isFine) else { throw ExitCode.failure }
    }

    /// One thing that was looked at.
    struct Finding: ListDisplayable {
        let json: JSONValue

        init(_ json: JSONValue) { self.json = json }

        init(_ finding: StoreFinding) {
            json = [
                "name": .string(finding.name), "ok": .bool(finding.isFine), "detail": .string(finding.detail),
            ]
        }

        static let tableHeader = ["CHECK", "RESULT", "DETAIL"]

        var tableRow: [String] {
            [
                json["name"]?.string ?? "", json["ok"]?.bool == true ? "ok" : "WRONG", json["detail"]?.string ?? "",
            ]
        }
    }
}
