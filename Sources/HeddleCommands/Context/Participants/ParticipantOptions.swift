import ArgumentParser
import HeddleModel
import JSON

/// What is said of a participant on the command line.
package struct ParticipantOptions: ParsableArguments {
    @Option(help: "What it is.")
    var type: ParticipantType?

    @Option(help: "A role, such as contributor, reviewer, viewer or admin; can be repeated.")
    var role: [String] = []

    @Option(help: "Something it can do; can be repeated.")
    var capability: [String] = []

    @Option(help: ArgumentHelp("A JSON file with what is said of it; - is standard input.", valueName: "file"))
    var file: String?

    package init() {}

    /// The body of a request.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, `malformedJSON`, `invalidRequest`.
    func body() throws(HeddleError) -> JSONObject {
        var body = try ContextFile.object(file)
        body.set("participant_type", type.map { .string($0.rawValue) })
        body.set("roles", role.list)
        body.set("capabilities", capability.list)
        return body
    }
}
