import ArgumentParser
import HeddleModel
import JSON

/// What is said of a context on the command line, on top of a file that may say the rest.
package struct ContextAttributeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A JSON file with what is said of it; - is standard input.", valueName: "file"))
    var file: String?

    @Option(help: "How the participants work together.")
    var type: ContextType?

    @Option(help: "What it is for.")
    var description: String?

    @Option(help: "A tag; can be repeated.")
    var tag: [String] = []

    @Option(help: "What kind of work it is.")
    var category: String?

    @Option(help: "How much it matters beside others.")
    var priority: ContextPriority?

    @Option(
        name: .customLong("data"),
        help: ArgumentHelp("Custom data, name=text or name:=JSON; can be repeated.", valueName: "data")
    )
    var data: [String] = []

    @Option(help: ArgumentHelp("How many may take part.", valueName: "number"))
    var maxParticipants: Int?

    @Option(help: ArgumentHelp("How many sessions may be open.", valueName: "number"))
    var maxSessions: Int?

    @Option(help: ArgumentHelp("After how long it is over, such as 30m or 8h.", valueName: "duration"))
    var timeout: DurationArgument?

    @Flag(help: "It is over only when somebody ends it.")
    var persistent = false

    @Option(help: "Who finds it.")
    var visibility: ContextVisibility?

    @Option(help: "Who may join.")
    var joinPolicy: JoinPolicy?

    package init() {}

    /// The body of a request.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, `malformedJSON`, `invalidRequest`.
    func body() throws(HeddleError) -> JSONObject {
        var body = try ContextFile.object(file)
        body.set("type", type.map { .string($0.rawValue) })
        body.set("description", description.map(JSONValue.string))
        body.set("metadata", "tags", tag.list)
        body.set("metadata", "category", category.map(JSONValue.string))
        body.set("metadata", "priority", priority.map { .string($0.rawValue) })
        body.set("metadata", "custom_data", try customData(body["metadata"]?["custom_data"]?.object))
        body.set("configuration", "max_participants", maxParticipants.map(JSONValue.integer))
        body.set("configuration", "max_sessions", maxSessions.map(JSONValue.integer))
        body.set("configuration", "timeout_ms", timeout.map { .integer(Int($0.duration / Duration.milliseconds(1))) })
        body.set("configuration", "persistence_level", persistent ? .string(PersistenceLevel.persistent.rawValue) : nil)
        body.set("access_control", "visibility", visibility.map { .string($0.rawValue) })
        body.set("access_control", "join_policy", joinPolicy.map { .string($0.rawValue) })
        return body
    }

    private func customData(_ base: JSONObject?) throws(HeddleError) -> JSONValue? {
        guard !data.isEmpty else { return nil }
        let schema = ParameterSchema([:])
        return try ParameterArguments(base: base ?? JSONObject(), option: "--data", data).value(schema: schema)
    }
}
