import Glibc
import HeddleModel

/// Runs a short program of the host itself, unconfined, and takes what it prints.
///
/// Only for what the operator put on the server's own search path; never for a file of an extension.
enum HostProgram {
    private static let maximumBytes = 64 << 10

    /// What the program printed on its standard output, when it ended well in time; nil otherwise.
    ///
    /// - Throws: `CancellationError` when the task was cancelled; the program is gone by then.
    static func output(_ command: [String], deadline: Duration) async throws -> [UInt8]? {
        guard let child = spawn(command) else { return nil }
        var isReaped = false
        defer {
            close(child.output)
            if !isReaped {
                kill(-child.process, SIGKILL)
                var status: Int32 = 0
                while waitpid(child.process, &status, 0) < 0 && errno == EINTR {}
            }
        }
        let end = ContinuousClock.now + deadline
        var drain = PipeDrain(child.output, limit: maximumBytes)
        var pause = Duration.milliseconds(1)
        while ContinuousClock.now < end {
            let isOpen = drain.readAvailable()
            var status: Int32 = 0
            if waitpid(child.process, &status, WNOHANG) == child.process {
                isReaped = true
                // Grandchildren that keep the pipe open have nothing to say any more.
                _ = drain.readAvailable()
                kill(-child.process, SIGKILL)
                return status == 0 ? drain.bytes : nil
            }
            if !isOpen { pause = min(pause, .milliseconds(5)) }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(20))
        }
        return nil
    }

    private static func spawn(_ command: [String]) -> (process: pid_t, output: Int32)? {
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { return nil }
        defer { close(pipes[1]) }
        for pipe in pipes { _ = fcntl(pipe, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        // pyenv and its like look for a version file in the folder they are run in.
        var arguments = (["env", "-C", "/", "--"] + command).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        guard posix_spawn(&process, "/usr/bin/env", &actions, &attributes, &arguments, environ) == 0 else {
            close(pipes[0])
            return nil
        }
        return (process, pipes[0])
    }
}
