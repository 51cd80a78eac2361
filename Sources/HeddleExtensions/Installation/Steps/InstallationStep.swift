import Glibc
import HeddleModel
import HeddleSandbox

/// Runs one confined command of an installation to its end.
struct InstallationStep {
    /// What a large file system keeps free; a small one keeps a twentieth.
    private static let leastFreeBytes: UInt = 256 << 20

    let sandbox: Sandbox
    let log: InstallationLog
    /// Where the command writes, which is stopped before it fills the file system; nil when it only has its data directory.
    var directory: String?
    /// When the whole installation has to be over.
    let deadline: ContinuousClock.Instant
    let progress: @Sendable (String) -> Void

    /// Runs the command and returns how it ended, after every process of it is gone.
    ///
    /// - Throws: ``HeddleError`` from the launch, `installationFailed` when the time is up, `storageFull` when the disk nearly is;
    ///   `CancellationError`.
    func run(_ command: [String], policy: SandboxPolicy) async throws -> SandboxedProcess.Exit {
        log.add("$ " + command.joined(separator: " "))
        let process = try await sandbox.launch(command, policy: policy)
        close(process.standardInput)
        defer {
            close(process.standardOutput)
            close(process.standardError)
        }
        var output = LineReader(process.standardOutput)
        var errors = LineReader(process.standardError)
        var pause = Duration.milliseconds(2)
        do {
            while process.isRunning {
                guard ContinuousClock.now < deadline else {
                    throw HeddleError(.installationFailed, "the installation took too long and was stopped")
                }
                guard hasRoom else {
                    throw HeddleError(.storageFull, "the disk is nearly full, and the installation was stopped")
                }
                let lines = output.lines() + errors.lines()
                report(lines)
                pause = lines.isEmpty ? min(pause * 2, .milliseconds(50)) : .milliseconds(2)
                try await Task.sleep(for: pause)
            }
        } catch {
            await process.terminate(grace: .zero)
            throw error
        }
        report(output.lines(isLast: true) + errors.lines(isLast: true))
        return await process.exit
    }

    /// Whether the file system keeps what others need, such as the server's own database.
    private var hasRoom: Bool {
        var status = statvfs()
        guard let directory, statvfs(directory, &status) == 0 else { return true }
        let (free, total) = (status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize)
        return free >= min(Self.leastFreeBytes, total / 20)
    }

    private func report(_ lines: [String]) {
        for line in lines {
            log.add(line)
            // pip indents what only it can make use of.
            guard line.first?.isLetter == true, !line.hasPrefix("WARNING") else { continue }
            progress(line.clipped(200))
        }
    }
}

/// Cuts what comes out of a pipe into lines of bounded length.
private struct LineReader {
    private static let maximumLineBytes = 4096

    private var drain: PipeDrain
    private var pending: [UInt8] = []

    init(_ descriptor: Int32) {
        drain = PipeDrain(descriptor, limit: 1 << 20)
    }

    /// The lines that are complete; with `isLast` also the one that is not.
    mutating func lines(isLast: Bool = false) -> [String] {
        _ = drain.readAvailable()
        pending += drain.takeBytes()
        var parts = pending.split(omittingEmptySubsequences: false) { $0 == 0x0A || $0 == 0x0D }
        let rest = parts.popLast() ?? []
        pending = Array(rest)
        if isLast || pending.count > Self.maximumLineBytes {
            parts.append(rest)
            pending = []
        }
        return parts.filter { !$0.isEmpty }
            .map { String(decoding: $0.prefix(Self.maximumLineBytes), as: UTF8.self) }
    }
}
