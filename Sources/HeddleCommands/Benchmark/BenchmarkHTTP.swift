package import ArgumentParser
import FoundationEssentials
import HeddleBenchmark
import HeddleModel
import JSON

/// `heddle benchmark http`: the load of `benchmark invoke` on any server of this machine, so that peers are measured
/// with the same generator.
package struct BenchmarkHTTP: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "Measure POST requests to a server on this machine.",
        discussion: "Only 127.0.0.1 is loaded. A request counts when its answer has status 200 and holds --expect."
    )

    @Argument(help: "Where the requests go, such as http://127.0.0.1:8000/mcp.")
    var url: String

    @Option(name: .customLong("header"), help: "A header, 'Name: value'; can be repeated.")
    var headers: [String] = []

    @Option(help: "The body of each request.")
    var body: String

    @Option(help: "What a right answer holds.")
    var expect: String

    @Option(help: "Callers at the same time; can be repeated (default: 1, 16, 64).")
    var callers: [Int] = []

    @Option(help: "Seconds for each number of callers.")
    var seconds = 3.0

    @Option(help: "How the rows are called.")
    var name = "http"

    @OptionGroup var outputOptions: OutputOptions

    package init() {}

    private var output: OutputFormat { outputOptions.format }

    package func validate() throws {
        guard (0.1...60).contains(seconds) else { throw ValidationError("--seconds is from 0.1 to 60") }
        guard callers.allSatisfy({ (1...256).contains($0) }) else {
            throw ValidationError("--callers is from 1 to 256")
        }
        guard let target = URL(string: url), target.scheme == "http", target.host() == "127.0.0.1",
            (1...65_535).contains(target.port ?? 0)
        else { throw ValidationError("the address is http://127.0.0.1:PORT/PATH") }
    }

    package func run() async throws {
        guard let target = URL(string: url), let port = target.port.flatMap(UInt16.init(exactly:)) else { return }
        let load = try HTTPLoad(
            port: port,
            path: (target.path().isEmpty ? "/" : target.path()) + (target.query().map { "?" + $0 } ?? ""),
            headers: headers,
            body: body,
            expected: expect
        )
        if output == .table { Terminal.output.line(LatencyRecord.heading) }
        var rows: [JSONValue] = []
        for count in callers.isEmpty ? [1, 16, 64] : callers {
            let record = try load.run(callers: count, seconds: seconds)
            if output == .table { Terminal.output.line(record.line(name, callers: count)) }
            rows.append(record.json(name, callers: count))
        }
        guard output == .json else { return }
        let result: JSONValue = ["suite": "http", "calls": .array(rows)]
        Terminal.output.json(result)
    }
}
