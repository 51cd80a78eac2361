import Glibc

/// One running confined tree.
///
/// The three streams belong to the caller, who closes them. A process whose last reference goes is killed: nobody
/// would be left who could end it.
package final class SandboxedProcess: Sendable {
    /// How the command ended.
    ///
    /// bwrap reports a signal as 128 and its number, as shells do, so that a command that exits with such a number by
    /// itself cannot be told from one that was signalled.
    package enum Exit: Sendable, Equatable {
        /// By itself, with this status.
        case exited(Int32)
        /// By this signal.
        case signalled(Int32)
    }

    /// What a tree has used.
    package struct ResourceUsage: Sendable, Equatable {
        /// Processor time since the start; without a control group, of the processes that still run.
        package var processorTime: Duration
        /// Memory in use now.
        package var memoryBytes: Int
    }

    /// The outer bwrap.
    package let processID: Int32
    /// The first process of the pid namespace as the host sees it; the command is its first child.
    package let childProcessID: Int32
    /// The write end of the command's standard input, owned by the caller.
    package let standardInput: Int32
    /// The read end of the command's standard output, owned by the caller.
    package let standardOutput: Int32
    /// The read end of the command's standard error, owned by the caller.
    package let standardError: Int32

    private let lifetime: ProcessLifetime

    init(
        lifetime: ProcessLifetime,
        childProcessID: Int32,
        input: Descriptor,
        output: Descriptor,
        error: Descriptor
    ) {
        self.lifetime = lifetime
        self.childProcessID = childProcessID
        processID = lifetime.outer.id
        standardInput = input.release()
        standardOutput = output.release()
        standardError = error.release()
    }

    deinit {
        lifetime.kill()
    }

    /// How the command ended; suspends until the whole tree is gone, and may be awaited by many.
    package var exit: Exit {
        get async {
            let exit = await lifetime.waitForExit()
            switch exit {
            case .exited(let code) where (129...192).contains(code): return .signalled(code - 128)
            case .exited, .signalled: return exit
            }
        }
    }

    /// Whether any process of the tree is left.
    package var isRunning: Bool { lifetime.isRunning }

    /// Whether a process of the tree was ended for the tree's use of memory.
    package var wasKilledForMemory: Bool { lifetime.wasKilledForMemory }

    /// Sends a signal to the command inside, and to nothing below it.
    package func signal(_ signal: Int32) {
        lifetime.signal(signal)
    }

    /// Ends the tree: SIGTERM for the command, after `grace` SIGKILL for everything.
    ///
    /// Returns when nothing is left of the tree and of what was made for it. May be called more than once.
    package func terminate(grace: Duration) async {
        guard isRunning else { return }
        if grace > .zero { signal(SIGTERM) }
        lifetime.kill(after: grace)
        _ = await lifetime.waitForExit()
    }

    /// What the tree uses now.
    package func resourceUsage() -> ResourceUsage {
        lifetime.resourceUsage()
    }
}
