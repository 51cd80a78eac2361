import FoundationEssentials
import Glibc

/// A program that a test starts, whose output goes to a file.
final class ChildProcess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let processID: pid_t
    let outputPath: String
    private var status: Int32?
    private var input: Int32?

    /// Starts the program; what it writes is at `outputPath`, standard error with it unless it has a path of its own.
    ///
    /// - Throws: ``Failure`` when it cannot be started.
    init(
        _ command: [String],
        environment: [String: String] = [:],
        output: String,
        error: String? = nil,
        takesInput: Bool = false
    ) throws {
        outputPath = output
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var ends: [Int32] = [-1, -1]
        if takesInput {
            guard pipe(&ends) == 0 else { throw Failure(description: "no pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o644)
        if let error {
            posix_spawn_file_actions_addopen(&actions, 2, error, flags, 0o644)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        var variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        if environment["HEDDLE_TOKEN"] == nil { variables["HEDDLE_TOKEN"] = nil }
        var arguments = command.map { strdup($0) } + [nil]
        var values = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            for pointer in arguments + values { free(pointer) }
        }
        var child: pid_t = 0
        let result = posix_spawn(&child, command[0], &actions, nil, &arguments, &values)
        if takesInput { close(ends[0]) }
        guard result == 0 else { throw Failure(description: "\(command[0]) does not start: \(result)") }
        processID = child
        input = takesInput ? ends[1] : nil
    }

    deinit {
        closeInput()
        if exitStatus == nil {
            Glibc.kill(processID, SIGKILL)
            _ = wait(seconds: 5)
        }
    }

    /// Its exit status, 128 more than the signal that ended it, or nil while it runs.
    var exitStatus: Int32? {
        if let status { return status }
        var raw: Int32 = 0
        guard waitpid(processID, &raw, WNOHANG) == processID else { return nil }
        let signal = raw & 0x7F
        status = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
        return status
    }

    func kill(_ signal: Int32) { Glibc.kill(processID, signal) }

    /// Waits for its end; nil when it still runs by then.
    func wait(seconds: Double) -> Int32? {
        _ = eventually(seconds: seconds) { exitStatus != nil }
        return exitStatus
    }

    /// Gives it a line on its standard input.
    func type(_ line: String) {
        guard let input else { return }
        let bytes = Array("\(line)\n".utf8)
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            start += count
        }
    }

    func closeInput() {
        if let input { close(input) }
        input = nil
    }

    /// What it wrote so far.
    var text: String { readText(outputPath) }
}

/// The text of a file, empty when there is none.
func readText(_ path: String) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { return "" }
    return String(decoding: data, as: UTF8.self)
}

/// Whether the condition comes true in that time; it is looked at every ten milliseconds.
func eventually(seconds: Double = 5, _ condition: () throws -> Bool) rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        if try condition() { return true }
        if ContinuousClock.now >= end { return false }
        usleep(10_000)
    }
}
