package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle ext add`: adds an extension after showing what it runs and may do.
package struct ExtensionAdd: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add an extension.",
        usage: """
            heddle ext add <name> [options] -- <command> ...
            heddle ext add <name> [options] --pypi <requirement> [-- <argument> ...]
            heddle ext add <name> [options] --npm <package> [-- <argument> ...]
            heddle ext add <directory-or-archive-or-url> [options]
            """,
        discussion: """
            Shows the exact command and what it may do, and asks before anything runs. Without a terminal, --yes is \
            needed when it is granted more than the sandbox gives everybody.
            """
    )

    @OptionGroup(title: "What is added") var source: SourceOptions
    @OptionGroup(title: "What it is granted") var grants: GrantOptions

    @Option(help: "What it is for.")
    var description: String?

    @Option(help: ArgumentHelp("A JSON or YAML file with what its manifest lets it be told.", valueName: "file"))
    var configuration: String?

    @Option(name: .customLong("memory-mb"), help: "Memory it may take.")
    var memoryMB: Int?

    @Option(help: "Seconds without a call after which it is stopped.")
    var idleSeconds: Int?

    @Flag(name: .customLong("no-activate"), help: "Add it without making it callable.")
    var isInactive = false

    @Flag(name: [.customShort("y"), .customLong("yes")], help: "Do not ask.")
    var isAgreed = false

    @OptionGroup(title: "Global options") package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let (name, source) = try source.request()
        var request = ExtensionRequest(
            name: name,
            description: description,
            source: source,
            grants: try grants.grants(environment: ProcessEnvironment.variables),
            memoryMegabytes: memoryMB,
            idleSeconds: idleSeconds,
            configuration: try configuration.map { JSONValue(try SchemaFiles.document($0).root) },
            isActivated: !isInactive
        )
        try await global.withClient { client in
            let asked = request
            let preview =
                if case .url(let url, _) = source {
                    try await Progress.during("fetching \(DisplayText.line(url))") {
                        try await client.previewExtension(asked)
                    }
                } else {
                    try await client.previewExtension(asked)
                }
            try consent(preview)
            // What was agreed to is what was looked at, whatever has become of the file since.
            if let digest = preview.digest { request.source = request.source.pinned(digest: digest) }
            report(try await add(request, by: client))
        }
    }

    private func consent(_ preview: ExtensionPreview) throws {
        let step = Consent.step(
            isAgreed: isAgreed,
            isInteractive: Terminal.input.isInteractive && Terminal.error.isInteractive,
            hasGrants: !preview.grants.isEmpty
        )
        switch step {
        case .goOn:
            if Terminal.error.isInteractive { Terminal.error.write(Consent.text(preview)) }
        case .ask:
            Terminal.error.write(Consent.text(preview))
            guard Consent.ask() else {
                Terminal.error.line("nothing was added")
                throw ExitCode.failure
            }
        case .refuse:
            Terminal.error.write(Consent.text(preview))
            Terminal.error.line("error: nobody is there to agree to these grants; say --yes")
            throw ExitCode(CommandStatus.usage.rawValue)
        }
    }

    private func add(_ request: ExtensionRequest, by client: HeddleClient) async throws -> ExtensionResource {
        let subject = request.name ?? source.subject
        return switch request.source {
        case .pypi(let package):
            try await Progress.during("installing \(package.requirement)") { try await client.addExtension(request) }
        case .npm(let package):
            try await Progress.during("installing \(package.package)") { try await client.addExtension(request) }
        case .command, .archive, .url, .directory:
            try await Progress.during("adding \(subject)") { try await client.addExtension(request) }
        }
    }

    private func report(_ added: ExtensionResource) {
        var sentence = "\(added.name) is \(added.state)"
        if added.capabilityCount > 0 { sentence += ", capabilities: \(added.capabilityCount)" }
        global.results.render(sentence, json: added.json)
        if let failure = added.failure { Terminal.error.line("warning: \(DisplayText.lines(failure))") }
        if added.capabilityCount > 0, Terminal.error.isInteractive {
            Terminal.error.line("see them with 'heddle cap list \(added.name)'")
        }
    }
}
