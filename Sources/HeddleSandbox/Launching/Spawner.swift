import CSeccomp
import Glibc

/// Starts processes from one permanent thread.
///
/// `PR_SET_PDEATHSIG`, which bwrap uses to die with its parent, follows the *thread* that started it.
final class Spawner: Sendable {
    /// One program to start.
    struct Request: Sendable {
        var path: String
        var arguments: [String]
        var environment: [String]
        /// What becomes 0, 1, 2 and so on in the child; it gets no other descriptor.
        var descriptors: [Descriptor]
    }

    private let thread = WorkerThreads(count: 1)

    /// Starts a program; blocks the calling thread, which must not be one of Swift's.
    func spawn(_ request: Request) throws -> ChildProcess {
        try thread.blockingRun { try Self.start(request) }
    }

    private static func start(_ request: Request) throws -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Sources are moved above all targets first, so that no dup2 overwrites the source of a later one.
        let sources = try request.descriptors.map { descriptor throws(SystemCallError) in
            try Descriptor(checking: duplicate(descriptor.raw, above: 64), "fcntl")
        }
        for (target, source) in sources.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source.raw, Int32(target))
        }
        // Descriptors that other code opened without close-on-exec stop here.
        heddle_spawn_close_from(&actions, Int32(sources.count))

        var attributes = try signalDefaults()
        defer { posix_spawnattr_destroy(&attributes) }
        var process: pid_t = 0
        let status = withCStrings([request.path] + request.arguments) { arguments in
            withCStrings(request.environment) { environment in
                posix_spawn(&process, request.path, &actions, &attributes, arguments, environment)
            }
        }
        for source in sources { source.close() }
        guard status == 0 else { throw SystemCallError("posix_spawn", number: status) }
        do {
            return try ChildProcess(id: process)
        } catch {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            throw error
        }
    }

    private static func duplicate(_ descriptor: Int32, above minimum: Int32) -> Int32 {
        fcntl(descriptor, F_DUPFD_CLOEXEC, minimum)
    }

    /// Signals as a fresh process has them: nothing blocked or ignored, whatever the server does with its own.
    private static func signalDefaults() throws(SystemCallError) -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        guard posix_spawnattr_init(&attributes) == 0 else { throw SystemCallError("posix_spawnattr_init") }
        var defaults = sigset_t()
        sigfillset(&defaults)
        sigdelset(&defaults, SIGKILL)
        sigdelset(&defaults, SIGSTOP)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }
}

/// Calls `body` with a null-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer {
        for pointer in pointers { free(pointer) }
    }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { preconditionFailure("the array has at least its terminator") }
        return body(base)
    }
}
