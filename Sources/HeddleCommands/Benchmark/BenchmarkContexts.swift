package import ArgumentParser
import FoundationEssentials
import HeddleBenchmark

/// `heddle benchmark contexts`: how quickly contexts are made, found, changed and removed.
package struct BenchmarkContexts: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "contexts",
        abstract: "Measure contexts and participants over HTTP and in process, against what is asked of them.",
        discussion: "The load generator shares the machine with the server, so ratios count more than figures."
    )

    @Option(help: "Seconds for each measurement.")
    var seconds = 2.0

    @Option(help: "Callers at the same time.")
    var callers = 32

    @Option(help: ArgumentHelp("A database other than the embedded one.", valueName: "url"))
    var database: String?

    @Option(help: "How much longer each sync takes where the sharing of commits is measured.")
    var syncDelayMs = 5

    /// The operations alone, on a server that runs already: how peers are measured with the same load.
    @Option(help: ArgumentHelp("Only the operations, on a server on this machine.", visibility: .hidden))
    var url: String?

    @Option(name: .customLong("header"), help: ArgumentHelp("A header for --url.", visibility: .hidden))
    var headers: [String] = []

    @OptionGroup var scaleOptions: ScaleOptions
    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    package func validate() throws {
        guard (0.1...60).contains(seconds) else { throw ValidationError("--seconds is from 0.1 to 60") }
        guard (1...256).contains(callers) else { throw ValidationError("--callers is from 1 to 256") }
        guard (1...1000).contains(syncDelayMs) else { throw ValidationError("--sync-delay-ms is from 1 to 1000") }
        guard url == nil || port != nil else { throw ValidationError("the address is http://127.0.0.1:PORT") }
    }

    private var port: UInt16? {
        guard let target = url.flatMap(URL.init(string:)), target.scheme == "http", target.host() == "127.0.0.1"
        else { return nil }
        return target.port.flatMap(UInt16.init(exactly:))
    }

    package func run() async throws {
        if let port {
            let benchmark = ContextCallsBenchmark(port: port, headers: headers, callers: callers, seconds: seconds)
            return try await outputOptions.show(benchmark)
        }
        var plan = ContextsBenchmark.Plan()
        plan.seconds = seconds
        plan.callers = callers
        plan.database = database
        plan.syncDelayMilliseconds = syncDelayMs
        let scaled = plan.scaled(by: scaleOptions.scale)
        try await outputOptions.show(ContextsBenchmark(executable: ServerProcess.executable, plan: scaled))
    }
}
