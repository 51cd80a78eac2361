package import ArgumentParser

/// `heddle context sessions`: stretches of work in a context.
package struct ContextSessions: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "Begin, change and end sessions in a context.",
        subcommands: [SessionList.self, SessionBegin.self, SessionUpdate.self, SessionEnd.self]
    )

    package init() {}
}
