package import HeddleMCP
package import HeddleModel
package import HeddleSandbox
import JSON
import Synchronization

/// One running process of an extension with the conversation to it.
package final class ExtensionInstance: Sendable {
    package let id: InstanceID
    /// A number that no other process of this server has had.
    let number: UInt64
    /// The session that it belongs to; nil when all share it.
    package let session: String?
    package let startedAt: Timestamp
    package let greeting: MCPGreeting
    package let connection: MCPConnection
    let process: SandboxedProcess
    private let callCount = Atomic<Int>(0)
    private let hasFailed = Atomic<Bool>(false)
    private let relisting = Mutex(Relisting.idle)
    /// What it is listened to for, by the request that says so in the modern era.
    private let following = Mutex<(request: Int?, uris: Set<String>)>((nil, []))

    private static let lastNumber = Atomic<UInt64>(0)

    init(
        id: InstanceID,
        session: String? = nil,
        startedAt: Timestamp,
        greeting: MCPGreeting,
        connection: MCPConnection,
        process: SandboxedProcess
    ) {
        self.id = id
        self.session = session
        number = Self.lastNumber.add(1, ordering: .relaxed).newValue
        self.startedAt = startedAt
        self.greeting = greeting
        self.connection = connection
        self.process = process
    }

    /// The process as the host sees it.
    package var processID: Int32 { process.childProcessID }

    /// Whether it was ended for using more memory than it may.
    var wasKilledForMemory: Bool { process.wasKilledForMemory }

    /// What it and its children use now.
    package var resourceUsage: SandboxedProcess.ResourceUsage { process.resourceUsage() }

    /// Calls it was given.
    package var calls: Int { callCount.load(ordering: .relaxed) }

    /// What is known of the tools: nothing new, a list under way, or a list that was out of date before it came.
    enum Relisting {
        case idle, underway, again
    }

    /// Whether the tools are to be listed now; a list that is under way is made again instead.
    func beginRelisting() -> Bool {
        relisting.withLock { state in
            defer { state = state == .idle ? .underway : .again }
            return state == .idle
        }
    }

    var isRelistingAgain: Bool { relisting.withLock { $0 == .again } }

    /// A list has ended: `again` when the tools have changed since it was asked for.
    func endRelisting() -> Relisting {
        relisting.withLock { state in
            defer { state = state == .again ? .underway : .idle }
            return state
        }
    }

    /// Lets it tell of changes, and of those of some resources.
    ///
    /// A server of the modern era is told all at once and anew each time; one of the legacy era tells of lists by itself.
    func follow(_ uris: Set<String>) {
        let abilities = greeting.abilities
        switch greeting.era {
        case .modern:
            let listed: MCPAbilities = [.toolsListChanged, .promptsListChanged, .resourcesListChanged]
            guard !abilities.isDisjoint(with: listed) || abilities.contains(.resourceSubscriptions) else { return }
            let known = following.withLock { $0 }
            guard known.request == nil || known.uris != uris else { return }
            let request = connection.listen(abilities, abilities.contains(.resourceSubscriptions) ? uris : [])
            let old = following.withLock { following in
                defer { following = (request, uris) }
                return following.request
            }
            if let old { connection.stopListening(old) }
        case .legacy:
            guard abilities.contains(.resourceSubscriptions) else { return }
            let old = following.withLock { following in
                defer { following.uris = uris }
                return following.uris
            }
            for uri in uris.subtracting(old) { tell("resources/subscribe", uri) }
            for uri in old.subtracting(uris) { tell("resources/unsubscribe", uri) }
        }
    }

    private func tell(_ method: String, _ uri: String) {
        let params = Array("\"uri\":".utf8) + JSONValue.string(uri).bytes
        let connection = connection
        // Unstructured, because nobody waits for what it comes to.
        Task { _ = try? await connection.request(method, params: params, era: .legacy, timeout: .seconds(10)) }
    }

    /// Whether its end is yet to be counted: it is one failure, however many calls it takes along.
    func countEnd() -> Bool { !hasFailed.exchange(true, ordering: .relaxed) }

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
