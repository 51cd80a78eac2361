import Glibc
import HeddleModel

/// A child process with pipes and nothing else, ended with its last reference.
final class PlainProcess {
    let processID: pid_t
    /// The write end of its standard input.
    let input: Int32
    /// The read end of its standard output.
    let output: Int32
    private var isEnded = false

    /// Starts a program with this process's environment but for Heddle's own variables; its standard error is ours.
    ///
    /// - Parameters:
    ///   - words: The program and its arguments.
    ///   - more: Further variables, each as `NAME=value`.
    /// - Throws: ``HeddleError`` with `startFailed`.
    init(_ words: [String], variables more: [String] = []) throws(HeddleError) {
        var (down, up): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard pipe(&down) == 0 else { throw Self.failure(words) }
        guard pipe(&up) == 0 else {
            for end in down { close(end) }
            throw Self.failure(words)
        }
        for end in down + up { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, down[0], 0)
        posix_spawn_file_actions_adddup2(&actions, up[1], 1)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Threads of the concurrency runtime block signals, which a child would inherit and never hear SIGTERM.
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        posix_spawnattr_init(&attributes)
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        defer { posix_spawnattr_destroy(&attributes) }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = more.map { strdup($0) }
        var cursor = environ
        while let variable = cursor.pointee {
            if strncmp(variable, "HEDDLE_", 7) != 0 { variables.append(strdup(variable)) }
            cursor += 1
        }
        variables.append(nil)
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, words[0], &actions, &attributes, &arguments, &variables)
        close(down[0])
        close(up[1])
        guard result == 0 else {
            close(down[1])
            close(up[0])
            throw Self.failure(words)
        }
        (processID, input, output) = (pid, down[1], up[0])
    }

    deinit { stop(SIGKILL) }

    /// Sends a signal and waits for the end; the second time it does nothing.
    func stop(_ signal: Int32) {
        guard !isEnded else { return }
        isEnded = true
        kill(processID, signal)
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        close(input)
        close(output)
    }

    /// All that it says on its standard output until it closes that.
    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = read(output, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Waits until it ends by itself; its status, or nothing when it was ended.
    func wait() -> Int32? {
        guard !isEnded else { return nil }
        isEnded = true
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        close(input)
        close(output)
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
    }

    private static func failure(_ words: [String]) -> HeddleError {
        HeddleError(.startFailed, "'\(words[0])' cannot be started")
    }
}
