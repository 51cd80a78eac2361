import Glibc
import HeddleExtensions
import HeddleModel
import HeddleSandbox
import Logging

/// Starts the echo extension with pipes: as it is, or confined as the server would.
struct EchoLauncher {
    /// One that runs.
    struct Running {
        let input: Int32
        let output: Int32
        fileprivate let plain: PlainProcess?
        fileprivate let confined: SandboxedProcess?

        func stop() async {
            plain?.stop(SIGTERM)
            guard let confined else { return }
            await confined.terminate(grace: .milliseconds(100))
            for descriptor in [confined.standardInput, confined.standardOutput, confined.standardError] {
                close(descriptor)
            }
        }
    }

    private let resolved: ResolvedCommand
    private let sandbox: Sandbox
    private let folder: String

    /// Prepares what a server prepares once.
    ///
    /// - Throws: ``HeddleError`` when the program or the sandbox is missing.
    init(_ command: [String], folder: String) async throws {
        resolved = try await CommandResolver(searchPath: "/usr/bin", protectedPaths: [])
            .resolve(command, directory: nil)
        sandbox = Sandbox(logger: Logger(label: "heddle.benchmark") { _ in SwiftLogNoOpLogHandler() })
        try sandbox.prepare()
        self.folder = folder
    }

    func start(isConfined: Bool) async throws -> Running {
        guard isConfined else {
            let process = try PlainProcess(resolved.command)
            return Running(input: process.input, output: process.output, plain: process, confined: nil)
        }
        let process = try await sandbox.launch(
            resolved.command,
            policy: SandboxPolicy(
                level: .process,
                readOnlyPaths: resolved.readOnlyPaths,
                dataDirectory: folder + "/echo-data",
                environment: resolved.environment.merging(["PATH": "/usr/bin"]) { own, _ in own },
                userID: 1_600_090_000
            )
        )
        return Running(
            input: process.standardInput,
            output: process.standardOutput,
            plain: nil,
            confined: process
        )
    }
}
