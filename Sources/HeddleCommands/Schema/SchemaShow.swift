package import ArgumentParser
import HeddleModel
import HeddleServer
import JSON

/// `heddle schema show`: the schemas of Heddle's own files and requests, such as for an editor; needs no server.
package struct SchemaShow: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the JSON Schema of a manifest, the configuration file or a request.",
        discussion: "Known are \(names.joined(separator: ", "))."
    )

    private static let names = PublishedSchemas.all.map { $0.name.lowercased() }

    @Argument(help: "Which one.", completion: .list(names))
    var name: String

    package init() {}

    package func validate() throws {
        guard Self.names.contains(name.lowercased()) else {
            throw ValidationError("'\(name)' is none of \(Self.names.joined(separator: ", ")).")
        }
    }

    package func run() {
        for schema in PublishedSchemas.all where schema.name.lowercased() == name.lowercased() {
            Terminal.output.json(schema.document)
        }
    }
}
