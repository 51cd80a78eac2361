package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle ext import`: the MCP servers of another client's file, as extensions.
package struct ExtensionImport: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add the MCP servers of a file such as claude_desktop_config.json or server.json.",
        discussion: """
            Servers that 'uvx' or 'npx' would fetch at each start are installed once and run without the network \
            afterwards, unless --net grants it. Absolute paths on their command lines are granted to be read, or with \
            --writable to be written. Variables are kept by the server and never shown. Exit status: 0 all were added, \
            1 some were not.
            """
    )

    @Argument(help: "The file.")
    var file: String

    @Option(help: ArgumentHelp("Take only this server; can be repeated.", valueName: "name"))
    var only: [String] = []

    @Option(
        help: ArgumentHelp("Hosts they may reach; --net alone grants the public internet.", valueName: "host:port")
    )
    var net: [String] = []

    @Option(
        help: ArgumentHelp("What a server.json asks for; can be repeated.", valueName: "name=value")
    )
    var value: [String] = []

    @Flag(help: "Let them write to the paths on their command lines.")
    var writable = false

    @Flag(name: .customLong("dry-run"), help: "Say what would be added, and add nothing.")
    var isDryRun = false

    @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.")
    var isAgreed = false

    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let servers = try chosen(servers(SchemaFiles.document(file).root))
        let network = try NetworkArguments.grant(net)
        try await global.withClient { client in
            var report = ImportReport()
            var requests: [(server: ImportedServer, request: ExtensionRequest)] = []
            var hasGrants = false
            for server in servers {
                switch server.outcome {
                case .refused(let reason): report.add(server, .refused, reason)
                case .add(let source, let environment):
                    let request = ExtensionRequest(
                        name: server.name.rawValue,
                        source: source,
                        grants: grants(source, environment, network)
                    )
                    do throws(HeddleError) {
                        let preview = try await client.previewExtension(request)
                        Terminal.error.write(Consent.text(preview))
                        hasGrants = hasGrants || !preview.grants.isEmpty
                        requests.append((server, request))
                    } catch {
                        report.add(server, .failed, error.message)
                    }
                }
            }
            if isDryRun {
                for (server, _) in requests { report.add(server, .planned, "") }
            } else {
                try consent(requests.count, hasGrants: hasGrants)
                for (server, request) in requests { await add(server, request, client, &report) }
            }
            global.results.render(report.text, json: report.json)
            if !report.isComplete { throw ExitCode.failure }
        }
    }

    /// The servers of a list, or the one that a `server.json` of the MCP Registry describes.
    private func servers(_ root: JSONView) throws(HeddleError) -> [ImportedServer] {
        guard root["packages"] != nil || root["server"] != nil || root["remotes"] != nil else {
            guard value.isEmpty else { throw HeddleError(.invalidRequest, "--value goes with a server.json") }
            return try ServerListFile.servers(root)
        }
        var values: [String: [String]] = [:]
        for text in value {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw HeddleError(.invalidRequest, "--value \(text.clipped(80)): say NAME=VALUE")
            }
            values[String(text[..<equals]), default: []].append(String(text[text.index(after: equals)...]))
        }
        return [try ServerDescription(root).imported(values)]
    }

    private func chosen(_ servers: [ImportedServer]) throws(HeddleError) -> [ImportedServer] {
        for name in only where !servers.contains(where: { $0.title == name || $0.name.rawValue == name }) {
            throw HeddleError(.invalidRequest, "the file has no server '\(name.clipped(80))'")
        }
        return only.isEmpty ? servers : servers.filter { only.contains($0.title) || only.contains($0.name.rawValue) }
    }

    /// Its variables, and the paths of this host that its command line names.
    private func grants(_ source: ExtensionSource, _ environment: [String: String], _ network: NetworkGrant) -> Grants {
        let words: [String]
        switch source {
        case .command(let command, _): words = Array(command.dropFirst())
        default: words = source.installs?.arguments ?? []
        }
        let paths = words.map { $0.hasPrefix("~/") ? AbsolutePath.resolve($0) : $0 }
            .filter { $0.hasPrefix("/") && FileBytes.exists($0) }
        return Grants(
            read: writable ? [] : paths,
            write: writable ? paths : [],
            network: network,
            environment: environment
        )
    }

    private func consent(_ count: Int, hasGrants: Bool) throws {
        guard count > 0 else { return }
        let isInteractive = Terminal.input.isInteractive && Terminal.error.isInteractive
        switch Consent.step(isAgreed: isAgreed, isInteractive: isInteractive, hasGrants: hasGrants) {
        case .goOn: return
        case .ask:
            guard !Consent.ask(count == 1 ? "Add it?" : "Add these \(count)?") else { return }
            Terminal.error.line("nothing was added")
            throw ExitCode.failure
        case .refuse:
            Terminal.error.line("error: nobody is there to agree to these grants; say --yes")
            throw ExitCode(CommandStatus.usage.rawValue)
        }
    }

    private func add(
        _ server: ImportedServer,
        _ request: ExtensionRequest,
        _ client: HeddleClient,
        _ report: inout ImportReport
    ) async {
        do {
            let added = try await Progress.during("adding \(server.name)") { try await client.addExtension(request) }
            report.add(server, .added, "capabilities: \(added.capabilityCount)")
        } catch {
            report.add(server, .failed, (error as? HeddleError)?.message ?? "\(error)")
        }
    }
}

/// What became of each server of a file.
private struct ImportReport {
    enum Outcome: String {
        case added
        case planned
        case refused
        case failed
    }

    private var rows: [(server: ImportedServer, outcome: Outcome, detail: String)] = []

    var isComplete: Bool { rows.allSatisfy { $0.outcome == .added || $0.outcome == .planned } }

    mutating func add(_ server: ImportedServer, _ outcome: Outcome, _ detail: String) {
        rows.append((server, outcome, detail))
    }

    var text: String {
        let lines = rows.map { row in
            let detail = row.detail.isEmpty ? "" : ": \(DisplayText.line(row.detail))"
            return "\(DisplayText.line(row.server.title)) is \(row.outcome.rawValue)"
                + (row.outcome == .added ? " as \(row.server.name)" : "") + detail
        }
        return lines.joined(separator: "\n")
    }

    var json: JSONValue {
        [
            "servers": .array(
                rows.map { row in
                    [
                        "title": .string(row.server.title), "name": .string(row.server.name.rawValue),
                        "outcome": .string(row.outcome.rawValue), "detail": .string(row.detail),
                    ]
                }
            )
        ]
    }
}
