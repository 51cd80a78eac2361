package import ArgumentParser
import HeddleClient
import JSON

/// `heddle ext logs`: what an extension wrote to its standard error.
package struct ExtensionLogs: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what an extension wrote to its standard error."
    )

    @Argument(help: "The extension.")
    var name: String

    @Option(name: [.customShort("n"), .long], help: "How many of the last lines.")
    var lines = 100

    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Go on as new lines come.")
    var isFollowing = false

    @OptionGroup package var global: GlobalOptions

    /// What the server keeps of one extension.
    private static let mostLines = 1000

    package init() {}

    package func validate() throws {
        guard (1...Self.mostLines).contains(lines) else {
            throw ValidationError("--lines is from 1 to \(Self.mostLines).")
        }
    }

    package func run() async throws {
        try await global.withClient { client in
            let first = try await client.logs(of: name, lines: lines)
            if first.lines.isEmpty { Terminal.error.line("'\(name)' has written nothing yet") }
            guard isFollowing else { return show(first) }
            show(first.lines)
            var tail = LogTail(seen: first.lines)
            while true {
                try await Task.sleep(for: .seconds(1))
                show(tail.fresh(try await client.logs(of: name, lines: Self.mostLines).lines))
            }
        }
    }

    private func show(_ logs: LogLines) {
        switch global.output {
        case .json: Terminal.output.json(logs.json)
        case .table: show(logs.lines)
        }
    }

    /// While lines keep coming, JSON is one object a line.
    private func show(_ lines: [LogLines.Line]) {
        for line in lines {
            switch global.output {
            case .json: Terminal.output.json(line.json)
            case .table: Terminal.output.foreign("\(line.time) \(line.instance.prefix(8)) \(line.text)")
            }
        }
    }
}

extension LogLines.Line {
    fileprivate var json: JSONValue {
        ["time": .string(time), "stream": .string(stream), "instance": .string(instance), "text": .string(text)]
    }
}
