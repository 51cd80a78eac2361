package import ArgumentParser
import HeddleClient
import JSON

/// `heddle ext diff`: what is different between two versions.
package struct ExtensionDiff: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what is different between two versions of an extension.",
        discussion: """
            Without numbers, the version that waits is compared with the current one, or the current one with the one \
            before it.
            """
    )

    @Argument(help: "The extension.")
    var name: String

    @Option(help: ArgumentHelp("The number of a version, from 'heddle ext versions'.", valueName: "number"))
    var from: Int?

    @Option(help: ArgumentHelp("The number of the version that is compared with it.", valueName: "number"))
    var to: Int?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            let json = try await client.difference(of: name, from: from, to: to)
            global.results.render(Self.text(json), json: json)
        }
    }

    /// The difference in lines for people.
    static func text(_ json: JSONValue) -> String {
        func version(_ member: String) -> String {
            "\(json[member]?["version"]?.string ?? "") (\(json[member]?["generation"]?.integer ?? 0))"
        }
        var lines = ["\(version("from")) -> \(version("to"))"]
        for field in json["manifest"]?.array ?? [] {
            let (from, to) = (field["from"]?.text ?? "", field["to"]?.text ?? "")
            lines.append("\(field["path"]?.string ?? ""): \(from) -> \(to)")
        }
        lines += (json["permissions"]?["added"]?.array ?? []).compactMap(\.string).map { "+ \($0)" }
        lines += (json["permissions"]?["removed"]?.array ?? []).compactMap(\.string).map { "- \($0)" }
        lines += (json["tools"]?.array ?? []).map { ExtensionResource.ToolChange($0).line }
        return (lines.count == 1 ? lines + ["nothing is different"] : lines).joined(separator: "\n")
    }
}
