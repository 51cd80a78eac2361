package import ArgumentParser
import Glibc
import HeddleModel

/// The command line of Heddle.
package struct HeddleCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "heddle",
        abstract: "Runs MCP extensions in a sandbox and offers them through one endpoint.",
        discussion: """
            Exit status: 0 done, 1 failed, 2 wrong usage, 3 no server answers, 4 not found, 5 denied.
            """,
        version: HeddleVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Server",
                subcommands: [
                    Serve.self, Status.self, Stop.self, DoctorCommand.self, ConfigCommand.self, DatabaseCommand.self,
                ]
            ),
            CommandGroup(
                name: "Extensions",
                subcommands: [ExtensionCommand.self, CapabilityCommand.self, BreakerCommand.self, MCPCommand.self]
            ),
            CommandGroup(name: "Coordination", subcommands: [ContextCommand.self, ExportCommand.self]),
            CommandGroup(name: "Retrieval", subcommands: [VectorsCommand.self]),
            CommandGroup(
                name: "This program",
                subcommands: [
                    SchemaCommand.self, BenchmarkCommand.self, VersionCommand.self, Completions.self,
                    UnpackCommand.self,
                ]
            ),
        ]
    )

    package init() {}

    /// Runs the command that the program was started with and ends the program with its exit status.
    package static func main() async {
        let status = await status(of: Array(CommandLine.arguments.dropFirst()))
        Glibc.exit(status.rawValue)
    }

    /// Runs one command line.
    ///
    /// It leaves the main thread first: from there every hop to an actor would switch threads.
    @concurrent
    package static func status(of arguments: [String]) async -> CommandStatus {
        var command: any ParsableCommand
        do {
            command = try await asyncParseAsRoot(NetworkArguments.rewritten(arguments))
        } catch {
            return report(error, of: self, isVerbose: false)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return .success
        } catch {
            let isVerbose = (command as? any ConnectedCommand)?.global.isVerbose ?? false
            return report(error, of: type(of: command), isVerbose: isVerbose)
        }
    }

    /// Tells the person what went wrong and the shell how to branch on it.
    private static func report(
        _ error: any Error,
        of command: any ParsableCommand.Type,
        isVerbose: Bool
    ) -> CommandStatus {
        if let error = error as? HeddleError {
            Terminal.error.write(ErrorText.render(error, isVerbose: isVerbose))
            return error.code.exitStatus
        }
        if error is CancellationError { return .failed }
        let code = command.exitCode(for: error)
        var message = command.fullMessage(for: error)
        if message.hasPrefix("Error: ") { message = "e" + message.dropFirst() }
        if !message.isEmpty {
            (code.isSuccess ? Terminal.output : Terminal.error).write(message + "\n")
        }
        if code.isSuccess { return .success }
        return code == .validationFailure ? .usage : CommandStatus(rawValue: code.rawValue) ?? .failed
    }
}
