import Glibc
import UnixSignals

/// SIGHUP: asks a server to read its configuration again, or tells it that its terminal is gone.
struct HangUpSignal: Sendable {
    private static let streams = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]

    private let signals: UnixSignalsSequence
    /// The standard streams that were terminals when the server started.
    private let terminals: [Int32]

    /// From here on the signal no longer ends the process.
    init() async {
        terminals = Self.streams.filter { isatty($0) == 1 }
        signals = await UnixSignalsSequence(trapping: .sighup)
    }

    /// Calls one of the closures for each signal; signals that come while it works are one afterwards.
    func run(reload: @escaping @Sendable () async -> Void, stop: @escaping @Sendable () async -> Void) async {
        let (wishes, wish) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                for await _ in signals { wish.yield() }
                wish.finish()
            }
            tasks.addTask {
                for await _ in wishes {
                    // A server in a terminal ends with it, as it always did.
                    if isTerminalGone { await stop() } else { await reload() }
                }
            }
        }
    }

    private var isTerminalGone: Bool { terminals.contains { isatty($0) != 1 } }
}
