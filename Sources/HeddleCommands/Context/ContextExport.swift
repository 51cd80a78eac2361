package import ArgumentParser
import HeddleClient
import JSON

/// `heddle context export`: writes contexts as lines of JSON.
package struct ContextExport: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write contexts with everything in them to a file, a line of JSON for each, the oldest first.",
        discussion: """
            An export that was cut off goes on with --resume: the line that is not whole is cut off, and what comes after \
            the last whole one is added.
            """
    )

    /// What is written of each context besides itself.
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case participants
        case sessions
        case metadata
        case state
        case none
    }

    @Argument(help: "The file; - is standard output.", completion: .file())
    var file: String

    @Flag(help: "Go on behind the last whole line of the file.")
    var resume = false

    @Option(help: ArgumentHelp("Go on behind the line with this cursor.", valueName: "cursor"))
    var cursor: String?

    @Option(help: "Write only these of each context, or none; can be repeated.")
    var include: [Part] = []

    @Option(help: ArgumentHelp("At most so many contexts.", valueName: "number"))
    var limit: Int?

    @OptionGroup(title: "Which ones") var filter: ContextFilterOptions
    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard !resume || file != "-" else { throw ValidationError("--resume needs a file.") }
        guard !resume || cursor == nil else { throw ValidationError("Give either --resume or --cursor.") }
        guard limit ?? 1 > 0 else { throw ValidationError("--limit is at least 1.") }
    }

    package func run() async throws {
        var query = filter.query()
        if !include.isEmpty { query.append(("include", include.map(\.rawValue).joined(separator: ","))) }
        query.append(("limit", limit.map(String.init)))
        let (path, asked, start) = (file, query, cursor)
        try await global.withClient { client in
            let file = try LineFile(path, resumes: resume)
            let count = TransferCount()
            let export: @Sendable () async throws -> Int = {
                try await client.exportContexts(to: file, matching: asked, after: file.cursor ?? start, count)
            }
            // The lines are the result when they go to standard output.
            guard path != "-" else {
                _ = try await export()
                return
            }
            let lines = try await Progress.during(
                "exporting to \(DisplayText.line(path))",
                detail: { count.text },
                export
            )
            global.results.render(
                "\(lines) contexts written to \(path)",
                json: ["file": .string(path), "lines": .integer(lines), "bytes": .integer(count.bytes)]
            )
        }
    }
}
