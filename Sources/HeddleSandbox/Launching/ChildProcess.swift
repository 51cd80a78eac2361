import CSeccomp
import Glibc

/// A process, named by a descriptor that stays valid when its number is used again.
final class ChildProcess: Sendable {
    typealias Exit = SandboxedProcess.Exit

    let id: Int32
    /// Readable once the process has ended.
    let descriptor: Descriptor

    init(id: Int32) throws(SystemCallError) {
        self.id = id
        descriptor = try Descriptor(checking: heddle_pidfd_open(id), "pidfd_open")
    }

    /// Whether it ended; says so for processes that are not our children, too.
    var hasEnded: Bool { descriptor.wait(until: .now) }

    func signal(_ number: Int32) {
        _ = heddle_pidfd_signal(descriptor.raw, number)
    }

    func kill() {
        signal(SIGKILL)
    }

    /// Collects a child that ended, without waiting; nil while it runs.
    func reap() -> Exit? {
        var code: Int32 = 0
        var status: Int32 = 0
        switch heddle_reap(descriptor.raw, &code, &status) {
        case 0: return nil
        case 1: return code == CLD_EXITED ? .exited(status) : .signalled(status)
        // Somebody else's wait took the child, so that its status is lost; it is gone all the same.
        default: return .signalled(SIGKILL)
        }
    }

    /// Waits for a child and collects it, on a thread of our own; kills it when the deadline passes.
    func waitAndReap(until deadline: ContinuousClock.Instant) -> Exit? {
        guard descriptor.wait(until: deadline) else {
            kill()
            _ = descriptor.wait(until: .now + .seconds(1))
            _ = reap()
            return nil
        }
        return reap()
    }
}
