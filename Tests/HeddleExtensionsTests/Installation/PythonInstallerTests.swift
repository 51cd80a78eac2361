import Glibc
import HeddleModel
import HeddleSandbox
import Logging
import Synchronization
import Testing

@testable import HeddleExtensions

/// Real installations from the package index that this machine's pip is configured for.
@Suite("The Python installer", .serialized)
struct PythonInstallerTests {
    private static let userID: UInt32 = 64_310

    private let tree: FileTree
    private let installer: PythonInstaller

    init() throws {
        tree = try FileTree()
        var environment: [String: String] = [:]
        for name in ["PATH", "HOME"] { environment[name] = getenv(name).map { String(cString: $0) } }
        var cursor = environ
        while let entry = cursor.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { environment[parts[0]] = parts[1] }
            cursor += 1
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        installer = PythonInstaller(
            sandbox: Sandbox(logger: logger),
            resolver: CommandResolver(searchPath: environment["PATH"] ?? "", protectedPaths: []),
            environment: environment,
            store: PackageStore(root: tree["store"], maximumBytes: 1 << 30),
            logger: logger
        )
    }

    /// What the last installation ran and printed.
    private var log: String {
        String(decoding: HostFile.read(tree["install/install.log"], upTo: 1 << 20) ?? [], as: UTF8.self)
    }

    private func install(
        _ requirement: String,
        module: String? = nil,
        lock: String? = nil,
        stages: StageTimes = StageTimes(),
        progress: @Sendable @escaping (String) -> Void = { _ in }
    ) async throws -> InstalledPackage {
        do {
            return try await installer.install(
                requirement: requirement,
                module: module,
                into: tree["install"],
                userID: Self.userID,
                allowBuild: false,
                lock: lock,
                stages: stages,
                progress: progress
            )
        } catch let error as HeddleError {
            let isOffline = error.message.contains("could not be reached") || error.code == .sandboxUnavailable
            guard isOffline, getenv("CI").map({ String(cString: $0) }) != "true" else { throw error }
            try Test.cancel("no package index or no sandbox here: \(error.message)")
        }
    }

    @Test("installs a small server, seals it and repeats it from its lock")
    func calculator() async throws {
        let lines = Mutex<[String]>([])
        let stages = StageTimes()
        let result = try await install("mcp-server-calculator", stages: stages) { line in
            lines.withLock { $0.append(line) }
        }
        let venv = tree["install/venv"]
        #expect(result.command == [venv + "/bin/python", venv + "/bin/mcp-server-calculator"])
        #expect(result.name == "mcp-server-calculator" || result.name == "mcp_server_calculator")
        #expect(PythonVersion.semantic(result.version) == result.semanticVersion)
        #expect(result.readOnlyPaths.contains(venv))
        // Its own environment and the Python it was made from, and nothing around them.
        let ours = result.readOnlyPaths.filter { ($0 + "/").hasPrefix(tree.root) || tree.root.hasPrefix($0) }
        #expect(ours == [venv])
        #expect(
            stages.names
                == ["prepare", "environment", "resolve", "download", "install", "seal"].map { "install." + $0 }
        )
        #expect(lines.withLock { $0.contains { $0.hasPrefix("Installing collected packages") } })
        #expect(PythonLock(result.lock)?.text == result.lock)
        #expect(result.lock.contains("mcp-server-calculator==\(result.version) --hash=sha256:"))
        #expect(HostFile.names(in: tree["install"]) == ["install.log", "requirements.lock", "venv"])
        #expect(HostFile.read(tree["install/requirements.lock"], upTo: 1 << 20) == Array(result.lock.utf8))
        let script = try #require(HostFile(venv + "/bin/mcp-server-calculator"))
        #expect(script.mode == 0o755)
        #expect(script.owner == geteuid())
        #expect(HostFile.names(in: venv + "/bin").allSatisfy { !$0.hasPrefix("pip") })

        try await expectAnswer(result)

        // The second time nothing is fetched, and by its lock nothing is even asked.
        #expect(log.contains("pip download"))
        for (lock, names) in [
            (nil, ["prepare", "environment", "resolve", "install", "seal"]),
            (result.lock, ["prepare", "environment", "install", "seal"]),
        ] {
            let stages = StageTimes()
            let again = try await install("mcp-server-calculator", lock: lock, stages: stages)
            #expect(stages.names == names.map { "install." + $0 })
            #expect(again.lock == result.lock)
            #expect(!log.contains("pip download") && log.contains("--dry-run") == (lock == nil))
        }
    }

    /// Starts what was installed, confined and without network, and asks who it is.
    private func expectAnswer(_ result: InstalledPackage) async throws {
        let manifest = Manifest(
            name: try ExtensionName("calculator"),
            version: result.semanticVersion,
            runtime: .init(command: result.command)
        )
        let plan = try Confinement(protectedPaths: [])
            .plan(
                manifest: manifest,
                grants: Grants(),
                resolved: ResolvedCommand(
                    command: result.command,
                    readOnlyPaths: result.readOnlyPaths,
                    environment: result.environment
                ),
                dataDirectory: tree["run/data"],
                userID: Self.userID
            )
        let process = try await installer.sandbox.launch(plan.command, policy: plan.policy)
        defer { for stream in [process.standardOutput, process.standardError] { close(stream) } }
        let request =
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","#
            + #""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"# + "\n"
        _ = write(process.standardInput, request, request.utf8.count)
        var output = PipeDrain(process.standardOutput, limit: 1 << 20)
        let end = ContinuousClock.now + .seconds(60)
        while output.readAvailable(), !output.bytes.contains(0x0A), ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(10))
        }
        close(process.standardInput)
        await process.terminate(grace: .zero)
        #expect(String(decoding: output.bytes, as: UTF8.self).contains("serverInfo"))
    }

    @Test("says what pip said of a distribution that does not exist, and keeps the log only")
    func unknown() async throws {
        do {
            _ = try await install("heddle-test-no-such-distribution-4711")
            Issue.record("it was installed")
        } catch let error as HeddleError {
            #expect(error.code == .installationFailed)
            #expect(error.message.contains("No matching distribution found"))
        }
        #expect(HostFile.names(in: tree["install"]) == ["install.log"])
    }

    @Test("stops within a moment when it is cancelled, and leaves nothing")
    func cancelled() async throws {
        let seen = AsyncStream<Void>.makeStream()
        let isGone = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                do {
                    _ = try await install("mcp-server-calculator") { line in
                        if line.hasPrefix("Collecting") || line.hasPrefix("making") { seen.continuation.yield() }
                    }
                    return false
                } catch {
                    return error is CancellationError || (error as? HeddleError)?.code == .cancelled
                }
            }
            for await _ in seen.stream { break }
            try await Task.sleep(for: .milliseconds(300))
            group.cancelAll()
            return try await group.next() ?? false
        }
        #expect(isGone)
        #expect(HostFile.names(in: tree["install"]).isEmpty)
    }

    @Test("refuses a lock or a module that is not one before anything runs")
    func refused() async throws {
        for (module, lock) in [("a b", nil), ("-c", nil), ("x..y", nil), (nil, "--index-url x"), (nil, "")] {
            let error = await #expect(throws: HeddleError.self) {
                _ = try await install("mcp-server-time", module: module, lock: lock)
            }
            #expect(error?.code == .invalidRequest)
        }
        #expect(HostFile(tree["install"]) == nil)
    }
}
