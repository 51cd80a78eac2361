package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context metadata set`: keeps a value.
package struct MetadataSet: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Keep a value under a key.",
        discussion:
            "A value that is JSON is kept as what it is, any other as a text; --text keeps every value as a text."
    )

    @OptionGroup var context: ContextArgument
    @OptionGroup var item: MetadataArgument

    @Argument(help: "The value; - reads JSON from standard input.")
    var value: String

    @Flag(help: "It is a text, whatever it looks like.")
    var text = false

    @Option(help: "What it is for.")
    var description: String?

    @OptionGroup var version: VersionOption
    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let kept: JSONValue =
            if text {
                .string(value)
            } else if value == "-" {
                try ContextFile.json("-")
            } else {
                (try? JSONValue(parsing: Array(value.utf8))) ?? .string(value)
            }
        var body = JSONObject(members: [.init(name: "value", value: kept)])
        body.set("description", description.map(JSONValue.string))
        let asked = JSONValue.object(body)
        try await global.withClient { client in
            let item = try await client.putMetadata(item.key, of: context.id, asked, ifVersion: version.ifVersion)
            global.results.render("\(item.key) has version \(item.version)", json: item.json)
        }
    }
}
