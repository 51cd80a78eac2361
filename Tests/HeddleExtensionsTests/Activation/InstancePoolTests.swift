import HeddleMCP
import HeddleModel
import HeddleSandbox
import HeddleTestSupport
import Logging
import Synchronization
import Testing

@testable import HeddleExtensions

@Suite("The pool of an extension's processes")
struct InstancePoolTests {
    private struct Failure: Error {}

    /// Starts real echo processes and counts what becomes of them.
    private final class Starter: Sendable {
        let sandbox = Sandbox(logger: Logger(label: "test"))
        let directory: String
        private let counts = Mutex((starts: 0, stops: 0, changes: 0))

        init(_ directory: String) {
            self.directory = directory
        }

        var starts: Int { counts.withLock { $0.starts } }
        var stops: Int { counts.withLock { $0.stops } }

        /// Processes whose tools were to be looked at as soon as they served.
        var changes: Int { counts.withLock { $0.changes } }

        func countChange() { counts.withLock { $0.changes += 1 } }
        func countStart() { counts.withLock { $0.starts += 1 } }
        func countStop() { counts.withLock { $0.stops += 1 } }

        func start(_ closed: @escaping @Sendable (InstanceID) -> Void) async throws -> ExtensionInstance {
            countStart()
            let id = InstanceID()
            let process = try await sandbox.launch(
                [TestEnvironment.products + "/heddle-echo"],
                policy: SandboxPolicy(level: .none, dataDirectory: directory + "/data/echo", userID: 1_600_070_000)
            )
            let connection = try await MCPConnection.open(
                standardInput: process.standardInput,
                standardOutput: process.standardOutput,
                delegate: MCPDelegate(closed: { _ in closed(id) })
            )
            return ExtensionInstance(
                id: id,
                startedAt: SystemWallClock().now,
                greeting: try await connection.greet(remembered: nil, timeout: .seconds(10)),
                connection: connection,
                process: process
            )
        }
    }

    /// Makes a pool whose starts do what the test says; ends its process after the test.
    private func withPool(
        idleAfter: Duration = .seconds(60),
        stopTakes: Duration = .zero,
        start: @escaping @Sendable (Starter, InstancePool) async throws -> ExtensionInstance = { starter, pool in
            try await starter.start { pool.ended($0, reason: "it ended") }
        },
        _ body: @Sendable (InstancePool, Starter) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let starter = Starter(scratch.path)
            let pool = InstancePool(
                name: try ExtensionName("echo"),
                rules: PoolRules(idleAfter: idleAfter),
                log: ExtensionLog(clock: SystemWallClock()),
                actions: InstancePool.Actions(
                    start: { pool, _ in try await start(starter, pool) },
                    stop: { instance in
                        await instance.stop(grace: .milliseconds(200))
                        // A cancelled sleep only makes it quicker.
                        try? await Task.sleep(for: stopTakes)
                        starter.countStop()
                    },
                    toolsChanged: { _, _ in starter.countChange() },
                    background: { work in
                        Task { await work() }
                        return true
                    }
                )
            )
            do {
                try await body(pool, starter)
            } catch {
                Issue.record(error)
            }
            await pool.close()
        }
    }

    private func code(_ operation: () async throws -> ExtensionInstance) async -> HeddleError.Code? {
        do {
            _ = try await operation()
            return nil
        } catch {
            return (error as? HeddleError)?.code
        }
    }

    @Test("starts one process for a hundred callers that find it cold")
    func singleFlight() async throws {
        try await withPool { pool, starter in
            let ids = try await withThrowingTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask {
                        let instance = try await pool.acquire()
                        pool.release(instance, .success)
                        return instance.id
                    }
                }
                return try await group.reduce(into: Set<InstanceID>()) { $0.insert($1) }
            }
            #expect(ids.count == 1 && starter.starts == 1)
            #expect(pool.instances.first?.calls == 100)
        }
    }

    @Test("never serves a process that ended before it was handed over")
    func deadBeforeReady() async throws {
        let isFirst = Atomic<Bool>(true)
        try await withPool(
            start: { starter, pool in
                let instance = try await starter.start { pool.ended($0, reason: "it ended") }
                if isFirst.exchange(false, ordering: .relaxed) { pool.ended(instance.id, reason: "at once") }
                return instance
            },
            { pool, starter in
                #expect(await code { try await pool.acquire() } == .startFailed)
                #expect(pool.instances.isEmpty)
                let instance = try await pool.acquire()
                #expect(starter.starts == 2 && pool.instances.map(\.id) == [instance.id])
                #expect(await eventually { starter.stops == 1 })
            }
        )
    }

    @Test("pauses starts after the third failure in a row, and tells for how long")
    func backoff() async throws {
        try await withPool(
            start: { starter, _ in
                starter.countStart()
                throw Failure()
            },
            { pool, starter in
                for _ in 0..<3 { await #expect(throws: Failure.self) { try await pool.acquire() } }
                let error = await #expect(throws: HeddleError.self) { try await pool.acquire() }
                #expect(error?.code == .startBackoff && starter.starts == 3)
                let pause = error?.details["retry_after_ms"].flatMap(Int.init) ?? 0
                #expect((1...251).contains(pause))
                try await Task.sleep(for: .milliseconds(pause))
                await #expect(throws: Failure.self) { try await pool.acquire() }
                // An operator who starts it again does not wait.
                await pool.close()
                pool.reopen()
                await #expect(throws: Failure.self) { try await pool.acquire() }
            }
        )
    }

    @Test("counts a process that dies as a failure, and a call that works as the end of them")
    func deaths() async throws {
        try await withPool { pool, starter in
            for round in 1...6 {
                let instance = try await pool.acquire()
                pool.release(instance, .success)
                await instance.process.terminate(grace: .zero)
                #expect(await eventually { pool.instances.isEmpty })
                #expect(starter.starts == round)
            }
            #expect(starter.starts == 6)
        }
    }

    @Test("goes on for the others when one that waits goes away")
    func cancelledWaiter() async throws {
        try await withPool { pool, starter in
            let leaving = Task { try await pool.acquire() }
            let staying = Task { try await pool.acquire() }
            leaving.cancel()
            let instance = try await staying.value
            #expect(pool.instances.map(\.id) == [instance.id] && starter.starts == 1)
            // Either it was served before it was seen to leave, or it was told so.
            let end = await code { try await leaving.value }
            #expect(end == nil || end == .cancelled)
        }
    }

    @Test("gives no process to anybody once it is closed during the start")
    func closedWhileStarting() async throws {
        let isStarting = Atomic<Bool>(false)
        try await withPool(
            start: { starter, pool in
                let instance = try await starter.start { pool.ended($0, reason: "it ended") }
                isStarting.store(true, ordering: .sequentiallyConsistent)
                // A start that is given up may be ready all the same.
                try? await Task.sleep(for: .milliseconds(100))
                return instance
            },
            { pool, starter in
                async let waiting = code { try await pool.acquire() }
                #expect(await eventually { isStarting.load(ordering: .sequentiallyConsistent) })
                await pool.close()
                #expect(starter.starts == 1 && starter.stops == 1, "nothing runs any more")
                #expect(await waiting == .extensionInactive)
                #expect(await code { try await pool.acquire() } == .extensionInactive)
                pool.reopen()
                let instance = try await pool.acquire()
                #expect(pool.instances.map(\.id) == [instance.id])
            }
        )
    }

    @Test("stops what nobody has called for a while, and never under a call")
    func idle() async throws {
        try await withPool(idleAfter: .zero) { pool, starter in
            let instance = try await pool.acquire()
            pool.stopIfIdle()
            #expect(pool.instances.map(\.id) == [instance.id])
            pool.release(instance, .success)
            pool.stopIfIdle()
            #expect(pool.instances.isEmpty)
            #expect(await eventually { starter.stops == 1 && !instance.process.isRunning })
            #expect(try await pool.acquire() !== instance)
        }
    }

    @Test("is not closed before what it stopped has ended")
    func closedWhileStopping() async throws {
        try await withPool(idleAfter: .zero, stopTakes: .milliseconds(300)) { pool, starter in
            pool.release(try await pool.acquire(), .success)
            pool.stopIfIdle()
            #expect(pool.instances.isEmpty && starter.stops == 0)
            await pool.close()
            #expect(starter.stops == 1)
        }
    }

    @Test("remembers that tools changed while a process was being started")
    func changedEarly() async throws {
        try await withPool(
            start: { starter, pool in
                let instance = try await starter.start { pool.ended($0, reason: "it ended") }
                #expect(pool.toolsChanged(instance.id) == nil)
                return instance
            },
            { pool, starter in
                let instance = try await pool.acquire()
                #expect(await eventually { starter.changes == 1 })
                #expect(pool.toolsChanged(instance.id) === instance)
                #expect(pool.toolsChanged(InstanceID()) == nil)
                await instance.process.terminate(grace: .zero)
                #expect(await eventually { pool.instances.isEmpty })
                #expect(pool.lastFailure == "it ended")
                _ = try await pool.acquire()
                #expect(pool.lastFailure == nil)
            }
        )
    }

    @Test("gives back what comes after the deadline")
    func lateInstance() async throws {
        let dropped = Mutex<[Int]>([])
        let error = await #expect(throws: HeddleError.self) {
            try await Deadline.run(until: .now + .milliseconds(20)) {
                // As a start that is ready at the wrong moment: it does not see that it was cancelled.
                await Task { try? await Task.sleep(for: .milliseconds(200)) }.value
                return 7
            } dropping: { value in
                dropped.withLock { $0.append(value) }
            }
        }
        #expect(error?.code == .deadlineExceeded && dropped.withLock { $0 } == [7])
    }

    @Test("tells callers when the server stops")
    func stopping() async throws {
        let pool = InstancePool(
            name: try ExtensionName("echo"),
            rules: PoolRules(idleAfter: .seconds(1)),
            log: ExtensionLog(clock: SystemWallClock()),
            actions: InstancePool.Actions(
                start: { _, _ in throw Failure() },
                stop: { _ in },
                background: { _ in false }
            )
        )
        #expect(await code { try await pool.acquire() } == .shuttingDown)
    }

    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            // A cancelled sleep only makes the wait shorter.
            try? await Task.sleep(for: .milliseconds(10))
        }
        return condition()
    }
}
