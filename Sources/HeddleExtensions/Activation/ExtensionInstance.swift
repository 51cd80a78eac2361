package import HeddleMCP
package import HeddleModel
import HeddleSandbox
import Synchronization

/// One running process of an extension with the conversation to it.
package final class ExtensionInstance: Sendable {
    package let id: InstanceID
    package let startedAt: Timestamp
    package let greeting: MCPGreeting
    package let connection: MCPConnection
    let process: SandboxedProcess
    private let callCount = Atomic<Int>(0)

    init(
        id: InstanceID,
        startedAt: Timestamp,
        greeting: MCPGreeting,
        connection: MCPConnection,
        process: SandboxedProcess
    ) {
        self.id = id
        self.startedAt = startedAt
        self.greeting = greeting
        self.connection = connection
        self.process = process
    }

    /// The process as the host sees it.
    package var processID: Int32 { process.childProcessID }

    /// Calls it was given.
    package var calls: Int { callCount.load(ordering: .relaxed) }

    func countCall() { callCount.add(1, ordering: .relaxed) }

    /// Asks the process to end by closing its input, and makes it end when it does not.
    func stop(grace: Duration) async {
        await Self.stop(connection, process, grace: grace)
    }

    static func stop(_ connection: MCPConnection, _ process: SandboxedProcess, grace: Duration) async {
        connection.closeInput()
        await withTaskGroup { group in
            group.addTask { _ = await process.exit }
            // A cancelled sleep only means that the process ended first, or that there is no time.
            group.addTask { try? await Task.sleep(for: grace / 2) }
            await group.next()
            group.cancelAll()
            if process.isRunning { await process.terminate(grace: grace / 2) }
        }
        await process.terminate(grace: .zero)
        await connection.close()
    }
}
