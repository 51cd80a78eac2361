package import ArgumentParser
import HeddleClient
import JSON

/// `heddle ext versions`: the versions of an extension that are there.
package struct ExtensionVersions: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "versions",
        abstract: "List the versions of an extension that are there."
    )

    @Argument(help: "The extension.")
    var name: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let json = try await client.versions(of: name)
            let rows = (json["items"]?.array ?? [])
                .map { version in
                    [
                        String(version["generation"]?.integer ?? 0), version["version"]?.string ?? "",
                        version["standing"]?.string ?? "", version["source"]?["kind"]?.string ?? "",
                        String(version["capability_count"]?.integer ?? 0), version["created_at"]?.string ?? "",
                    ]
                }
            let headings = ["NUMBER", "VERSION", "STANDING", "SOURCE", "CAPABILITIES", "CREATED"]
            global.results.render(Table(headings: headings, rows: rows), json: json)
        }
    }
}
