package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle ext upgrade`: puts a newer version in the place of the one that runs.
package struct ExtensionUpgrade: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Put a newer version of an extension in its place without losing a call.",
        usage: """
            heddle ext upgrade <name> [--to <version>] [options]
            heddle ext upgrade <name> --from <directory-or-archive> [options]
            heddle ext upgrade <name> [options] -- <command> ...
            """,
        discussion: """
            The old version serves until the new one has started, and ends the calls that it began. A version that asks \
            for more than the old one, or whose tools are new or described differently, waits until it is accepted.
            """
    )

    @Argument(help: "The extension.")
    var name: String

    @Option(help: ArgumentHelp("The version to get from the index that it came from.", valueName: "version"))
    var to: String?

    @Option(
        help: ArgumentHelp("A directory, archive or address of an archive with the new version.", valueName: "path")
    )
    var from: String?

    @Option(help: ArgumentHelp("The SHA-256 that the archive has to have.", valueName: "hex"))
    var sha256: String?

    @Option(help: ArgumentHelp("Another requirement of PyPI.", valueName: "requirement"))
    var pypi: String?

    @Option(help: ArgumentHelp("Another package of npm.", valueName: "package"))
    var npm: String?

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The program and its arguments.", valueName: "command"))
    var command: [String] = []

    @OptionGroup(title: "What it is granted, in the place of what it was granted before") var grants: GrantOptions

    @Option(help: ArgumentHelp("A JSON or YAML file with what its manifest lets it be told.", valueName: "file"))
    var configuration: String?

    @Option(name: .customLong("memory-mb"), help: "Memory it may take.")
    var memoryMB: Int?

    @Flag(help: "Let an older version take the place of a newer one.")
    var allowDowngrade = false

    @Flag(help: "Go on though nothing is newer.")
    var force = false

    @Flag(name: [.customShort("y"), .customLong("yes")], help: "Accept what is new without asking.")
    var isAgreed = false

    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        let ways = [from, pypi, npm].count { $0 != nil } + (command.isEmpty ? 0 : 1)
        guard ways <= 1 else { throw ValidationError("Say one place where the new version comes from.") }
        guard sha256 == nil || from != nil else { throw ValidationError("--sha256 goes with --from.") }
    }

    package func run() async throws {
        try await global.withClient { client in
            let before = try await client.showExtension(name)
            let request = try request(after: before)
            let offered = try await Progress.during("upgrading \(name)") {
                try await client.upgradeExtension(name, request)
            }
            let after = try await PendingConsent.settle(offered, isAgreed: isAgreed, client)
            let sentence =
                after.generation == before.generation
                ? "\(name) \(before.version) is the newest that its source gives; --to, --from, --pypi or --npm asks for another"
                : "\(name) is \(after.state) with \(after.version) (it was \(before.version))"
            global.results.render(sentence, json: after.json)
        }
    }

    private func request(after current: ExtensionResource) throws -> JSONValue {
        var request = JSONObject()
        request["version"] = to.map(JSONValue.string)
        request["source"] = try source(after: current)
        let given = try grants.grants(environment: ProcessEnvironment.variables)
        if given != Grants() { request["grants"] = given.value(showingValues: true) }
        request["resources"] = memoryMB.map { ["memory_mb": .integer($0)] }
        request["configuration"] = try configuration.map { JSONValue(try SchemaFiles.document($0).root) }
        request["accept"] = .bool(isAgreed)
        request["allow_downgrade"] = .bool(allowDowngrade)
        request["force"] = .bool(force)
        return .object(request)
    }

    private func source(after current: ExtensionResource) throws -> JSONValue? {
        if let from { return SourceOptions.local(from, sha256: sha256).value }
        if let pypi { return Self.source(.pypi(PythonPackage(requirement: pypi)), "requirement", after: current) }
        if let npm { return Self.source(SourceOptions.npm(NodePackage(package: npm)), "package", after: current) }
        return command.isEmpty ? nil : ExtensionSource.command(command, directory: AbsolutePath.currentDirectory).value
    }

    /// A package of an index; what else was said of one of the same index holds on.
    private static func source(
        _ source: ExtensionSource,
        _ member: String,
        after current: ExtensionResource
    ) -> JSONValue {
        guard var known = current.json["source"]?.object, known["kind"] == source.value["kind"] else {
            return source.value
        }
        known[member] = source.value[member]
        return .object(known)
    }
}
