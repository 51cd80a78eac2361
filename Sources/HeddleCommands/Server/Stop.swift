package import ArgumentParser
import HeddleClient
import HeddleModel
import JSON

/// `heddle stop`: asks the server to stop and waits until it is gone.
package struct Stop: ConnectedCommand {
    package static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Stop the server and wait until it is gone."
    )

    @Option(help: ArgumentHelp("How long to wait for it.", valueName: "duration"))
    var timeout = DurationArgument(seconds: 20)

    @OptionGroup package var global: GlobalOptions

    package init() {}

    package func run() async throws {
        let timeout = timeout.duration
        try await global.withClient { client in
            let status = try? await client.status()
            try await client.stopServer()
            let isLocal = client.server.isLoopback
            let process = isLocal ? status?.processID : nil
            let clock = ContinuousClock()
            let deadline = clock.now + timeout
            while await isRunning(client, process) {
                guard clock.now < deadline else {
                    throw HeddleError(.deadlineExceeded, "the server has not stopped after \(self.timeout)")
                }
                try await clock.sleep(for: .milliseconds(50))
            }
            global.results.render("stopped", json: ["stopped": true])
        }
    }

    /// The process outlives its listening socket while its extensions end.
    private func isRunning(_ client: HeddleClient, _ process: Int?) async -> Bool {
        if let process, ServerProcess(id: process).isAlive { return true }
        return await client.isAnswering()
    }
}
