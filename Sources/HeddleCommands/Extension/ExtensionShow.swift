package import ArgumentParser
import HeddleClient
import JSON

/// `heddle ext show`: all about one extension.
package struct ExtensionShow: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show all about one extension."
    )

    @Argument(help: "The extension.")
    var name: String

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.showExtension(name))
        }
    }
}

extension ExtensionResource: DetailDisplayable {
    var details: [(name: String, value: String)] {
        let instances = instances.map { instance in
            let process = instance.processID.map { ", process \($0)" } ?? ""
            let memory = instance.memoryBytes.map { ", \($0 >> 20) MB" } ?? ""
            let time =
                instance.processorTime.map { ", \(DurationText.render(milliseconds: $0)) of processor time" } ?? ""
            return "\(instance.id.prefix(8)) \(instance.state)\(process), \(instance.calls) calls\(memory)\(time)"
        }
        return [
            ("name", name),
            ("version", version),
            ("state", isHeld ? state + ", held: a definition changed and waits to be accepted" : state),
            ("changes", changeLines.joined(separator: "\n")),
            ("next version", pendingText),
            ("error", failure ?? ""),
            ("description", summary),
            ("source", sourceText),
            ("command", DisplayText.command(command)),
        ] + grants.details + [
            ("configuration", json["configuration"]?.object.map { JSONValue.object($0).text } ?? ""),
            ("stages", stagesText),
            ("capabilities", String(capabilityCount)),
            ("instances", instances.isEmpty ? "none" : instances.joined(separator: "\n")),
            ("created", json["created_at"]?.string ?? ""),
            ("updated", json["updated_at"]?.string ?? ""),
        ]
    }

    /// What became of the tools that wait to be accepted, a line for each; `--output json` has their definitions.
    var changeLines: [String] { heldChanges.map(\.line) }

    /// How long the stages of its registration took, those that took longest first.
    private var stagesText: String {
        var stages: [(name: String, time: Double)] = []
        for stage in json["stages"]?.array ?? [] {
            guard let name = stage["name"]?.string, let text = stage["ms"]?.text, let time = Double(text) else {
                continue
            }
            stages.append((name, time))
        }
        let longest = stages.sorted { $0.time > $1.time }.prefix(4)
        let texts = longest.map { stage in
            stage.name + " " + DurationText.render(milliseconds: Int(stage.time.rounded(.up)))
        }
        return texts.joined(separator: ", ")
    }

    private var pendingText: String {
        pending.map { ([$0.version + " waits to be accepted"] + $0.lines).joined(separator: "\n") } ?? ""
    }

    private var sourceText: String {
        let source = json["source"]
        let origin =
            source?["requirement"]?.string ?? source?["package"]?.string ?? source?["path"]?.string
            ?? source?["directory"]?.string
        return origin.map { "\(sourceKind), \($0)" } ?? sourceKind
    }
}
