package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle ext discover`: the extensions in a folder and below it.
package struct ExtensionDiscover: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Look for extensions in a directory of the server's host and below it."
    )

    @Argument(help: "The directory.")
    var directory: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let json = try await client.discover(AbsolutePath.resolve(directory))
            let items = json["items"]?.array ?? []
            guard !items.isEmpty || global.results.format == .json else {
                return Terminal.error.line("no extension is there: none has an extension.json or extension.yaml")
            }
            let rows = items.map { item in
                [
                    item["name"]?.string ?? "", item["version"]?.string ?? "", item["type"]?.string ?? "",
                    Self.standing(item), item["path"]?.string ?? "",
                ]
            }
            let headings = ["NAME", "VERSION", "TYPE", "STANDING", "PATH"]
            global.results.render(Table(headings: headings, rows: rows), json: json)
            if json["is_cut"]?.bool == true { Terminal.error.line("there is more than was looked at") }
        }
    }

    private static func standing(_ item: JSONValue) -> String {
        if let error = item["error"]?.string { return error }
        guard let registered = item["registered_version"]?.string else { return "new" }
        return registered == item["version"]?.string ? "added" : "added with \(registered)"
    }
}
