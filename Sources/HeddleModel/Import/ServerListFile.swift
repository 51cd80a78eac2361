package import JSON

/// The file in which desktop clients keep the MCP servers that they start: `{"mcpServers": {NAME: {command, args, env}}}`.
///
/// Servers that `uvx` or `npx` would fetch at each start become installations, which run without the network afterwards.
package enum ServerListFile {
    private static let sections = ["mcpServers", "servers", "context_servers"]
    private static let mostServers = 500

    /// What is read of a server; clients keep settings of their own beside it.
    private static let entry = OwnSchema(
        "ServerListEntry",
        [
            "type": "object",
            "properties": [
                "command": Shape.text, "args": Shape.texts, "env": Shape.map(Shape.text), "cwd": Shape.text,
                "url": Shape.text, "type": Shape.text, "disabled": Shape.flag,
            ],
        ]
    )

    /// The servers of a file, in its order.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when it is no such file.
    package static func servers(_ root: JSONView) throws(HeddleError) -> [ImportedServer] {
        guard let section = sections.lazy.compactMap({ root.member($0) }).first, section.kind == .object else {
            throw HeddleError(.invalidRequest, "the file has no object 'mcpServers'")
        }
        guard section.count <= mostServers else {
            throw HeddleError(.invalidRequest, "the file names more than \(mostServers) servers")
        }
        var taken: Set<String> = []
        var result: [ImportedServer] = []
        for (name, value) in section.members {
            let title = name.string ?? ""
            result.append(
                ImportedServer(title: title, name: try self.name(title, &taken), outcome: outcome(value))
            )
        }
        return result
    }

    /// A name by our rule that is like the one in the file and not taken.
    private static func name(_ title: String, _ taken: inout Set<String>) throws(HeddleError) -> ExtensionName {
        let base = ExtensionName(like: title)
        var candidate = base
        var number = 2
        while !taken.insert(candidate.rawValue).inserted {
            candidate = try ExtensionName("\(base)-\(number)")
            number += 1
        }
        return candidate
    }

    private static func outcome(_ value: JSONView) -> ImportedServer.Outcome {
        do throws(HeddleError) {
            try entry.check(value, .invalidRequest, "its entry cannot be read")
            let fields = try JSONFields(value, code: .invalidRequest)
            if try fields.boolIfPresent("disabled") == true { return .refused("it is disabled there") }
            guard let command = try fields.stringIfPresent("command"), !command.isEmpty else {
                let isRemote = try fields.stringIfPresent("url") != nil
                return .refused(
                    isRemote ? "it is a remote server, which Heddle does not call yet" : "it has no command"
                )
            }
            let line = CommandLineImport(
                words: [command] + (try fields.strings("args")),
                directory: try fields.stringIfPresent("cwd")
            )
            return try line.outcome(environment: fields.stringMap("env"))
        } catch {
            return .refused(error.message)
        }
    }
}
