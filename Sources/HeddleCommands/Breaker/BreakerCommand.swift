package import ArgumentParser
import HeddleClient
import JSON

/// `heddle breaker`: the circuit breakers of capabilities.
package struct BreakerCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "breaker",
        abstract: "List and close circuit breakers.",
        subcommands: [BreakerList.self, BreakerChanges.self, BreakerReset.self]
    )

    package init() {}
}

/// `heddle breaker list`: what is not called because it fails.
package struct BreakerList: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the circuit breakers of capabilities.",
        aliases: ["ls"]
    )

    @Argument(help: ArgumentHelp("Only those of this extension.", valueName: "extension"))
    var name: String?

    @Option(help: ArgumentHelp("Only those in this state: closed, open or half_open.", valueName: "state"))
    var state: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.breakers(of: name, state: state), hint: "no circuit breakers")
        }
    }
}

/// `heddle breaker changes`: what opened and closed, and why.
package struct BreakerChanges: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "changes",
        abstract: "List the last changes of circuit breakers, the newest first."
    )

    @Argument(help: ArgumentHelp("Only those of this extension.", valueName: "extension"))
    var name: String?

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        try await global.withClient { client in
            global.results.render(try await client.breakerChanges(of: name), hint: "no circuit breaker has changed")
        }
    }
}

/// `heddle breaker reset`: closes breakers as if nothing had failed.
package struct BreakerReset: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Close the circuit breakers of a capability or an extension.",
        discussion: "With --all those of every extension are closed."
    )

    @Argument(help: ArgumentHelp("The extension, or extension/capability.", valueName: "extension"))
    var name: String?

    @Flag(help: "Close all of them.")
    var all = false

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func validate() throws {
        guard (name == nil) == all else { throw ValidationError("name an extension, or give --all") }
    }

    package func run() async throws {
        let parts = (name ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        try await global.withClient { client in
            let answer = try await client.resetBreakers(of: parts.first, capability: parts.dropFirst().first)
            guard global.output == .table else { return Terminal.output.json(answer) }
            let names = answer["reset"]?.array?.compactMap(\.string) ?? []
            Terminal.output.line(names.isEmpty ? "all were closed" : "closed: \(names.joined(separator: ", "))")
        }
    }
}

extension BreakerResource: ListDisplayable {
    static let tableHeader = ["EXTENSION", "NAME", "STATE", "FAILURES", "REFUSED", "AGAIN IN"]

    var tableRow: [String] {
        let left = retryAfter > 0 ? "\((retryAfter + 999) / 1000) s" : ""
        return [extensionName, capability, state, String(failures), String(refused), left]
    }
}

extension BreakerChangeResource: ListDisplayable {
    static let tableHeader = ["TIME", "EXTENSION", "NAME", "FROM", "TO", "REASON"]

    var tableRow: [String] { [time, extensionName, capability, from, to, reason] }
}
