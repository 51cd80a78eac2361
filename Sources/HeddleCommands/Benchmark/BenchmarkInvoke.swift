package import ArgumentParser
import HeddleBenchmark

/// `heddle benchmark invoke`: calls through the server, and the same calls straight over the extension's pipe.
package struct BenchmarkInvoke: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "invoke",
        abstract: "Measure calls through a server of its own, and the same calls over a bare pipe.",
        discussion: "The load generator shares the machine with the server, so ratios count more than figures."
    )

    @Option(help: "Seconds for each of the eighteen measurements.")
    var seconds = 3.0

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp(
            "Another extension than heddle-echo: a program with a tool 'echo' that answers with its 'text'.",
            valueName: "command"
        )
    )
    var command: [String] = []

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func validate() throws {
        guard (0.1...60).contains(seconds) else { throw ValidationError("--seconds is from 0.1 to 60") }
    }

    package func run() async throws {
        let benchmark = InvokeBenchmark(executable: ServerProcess.executable, seconds: seconds, command: command)
        try await outputOptions.show(benchmark)
    }
}
