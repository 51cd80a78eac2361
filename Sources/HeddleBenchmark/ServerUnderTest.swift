import FoundationEssentials
import Glibc
import HeddleModel
import JSON

/// A server of the same executable, on a free port, with data of its own.
final class ServerUnderTest {
    let port: UInt16
    let token: String
    let processID: pid_t
    /// From the start of the process to the line that says it is ready, in nanoseconds.
    let readyAfter: UInt64
    private let output: Int32

    /// Starts a server on a data directory.
    ///
    /// - Throws: ``HeddleError`` with `startFailed`.
    init(executable: String, dataDirectory: String) throws(HeddleError) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw HeddleError(.startFailed, "no pipe is to be had") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let words = [executable, "serve", "--port", "0", "--data-dir", dataDirectory, "--log-level", "error"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let began = MonotonicClock.now
        var pid: pid_t = 0
        let result = posix_spawn(&pid, executable, &actions, nil, &arguments, environ)
        close(ends[1])
        guard result == 0 else { throw HeddleError(.startFailed, "the benchmark's server cannot be started") }
        processID = pid
        output = ends[0]
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 256)
        while !text.contains("\n") {
            let count = read(output, &chunk, chunk.count)
            guard count > 0 else { throw HeddleError(.startFailed, "the benchmark's server ended: \(text)") }
            text += String(decoding: chunk[..<count], as: UTF8.self)
        }
        readyAfter = MonotonicClock.now - began
        let line = text.prefix { $0 != "\n" }
        guard let colon = line.lastIndex(of: ":"), let port = UInt16(line[line.index(after: colon)...]) else {
            throw HeddleError(.startFailed, "the benchmark's server said '\(line)'")
        }
        self.port = port
        token = (try? String(contentsOf: URL(filePath: dataDirectory + "/token"), encoding: .utf8)) ?? ""
    }

    /// Stops the server; returns how long that took, in nanoseconds.
    func stop() -> UInt64 {
        let start = MonotonicClock.now
        kill(processID, SIGTERM)
        var status: Int32 = 0
        waitpid(processID, &status, 0)
        close(output)
        return MonotonicClock.now - start
    }

    /// Memory that is not backed by files, in bytes.
    var anonymousMemory: Int {
        let text = (try? String(contentsOf: URL(filePath: "/proc/\(processID)/smaps_rollup"), encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("Anonymous:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}
