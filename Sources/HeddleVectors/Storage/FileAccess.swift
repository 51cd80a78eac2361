import Glibc
import HeddleModel

/// The changes that a collection makes to its files, one by one, so that tests can stop between any two of them.
package struct FileAccess: Sendable {
    /// A change that is about to be made.
    package enum Step: Sendable, Hashable {
        case create(String)
        case write(String, Int)
        case sync(String)
        case rename(String)
        case remove(String)
    }

    /// What becomes of a step.
    package enum Verdict: Sendable, Hashable {
        case proceed
        /// The step fails with this number of an error.
        case fail(Int32)
        /// A write puts down only so many bytes, and then fails with `EIO`.
        case tear(Int)
    }

    private let before: (@Sendable (Step) -> Verdict)?

    /// The plain file system.
    package static let plain = FileAccess(before: nil)

    /// A file system whose changes ask first.
    package init(before: (@Sendable (Step) -> Verdict)?) {
        self.before = before
    }

    func pass(_ step: Step, _ path: String) throws(HeddleError) {
        guard let before, case .fail(let number) = before(step) else { return }
        throw Self.failure("step", path, number)
    }

    /// How many bytes of a write are let through, and the error that follows them.
    func pass(writing count: Int, _ path: String) -> (count: Int, number: Int32) {
        guard let before else { return (count, 0) }
        return switch before(.write(path, count)) {
        case .proceed: (count, 0)
        case .fail(let number): (0, number)
        case .tear(let kept): (min(kept, count), EIO)
        }
    }

    func rename(_ old: String, _ new: String) throws(HeddleError) {
        try pass(.rename(new), new)
        guard Glibc.rename(old, new) == 0 else { throw Self.failure("rename", new, errno) }
    }

    func remove(_ path: String) throws(HeddleError) {
        try pass(.remove(path), path)
        guard unlink(path) == 0 || errno == ENOENT else { throw Self.failure("unlink", path, errno) }
    }

    /// Makes the names of a folder durable.
    func sync(directory path: String) throws(HeddleError) {
        try pass(.sync(path), path)
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure("open", path, errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw Self.failure("fsync", path, errno) }
    }

    /// A call to the system that failed; only logs see it.
    struct Failure: Error {
        let call: String
        let path: String
        let number: Int32
    }

    static func failure(_ call: String, _ path: String, _ number: Int32) -> HeddleError {
        let cause = Failure(call: call, path: path, number: number)
        if number == ENOSPC || number == EDQUOT || number == EFBIG {
            return HeddleError(.storageFull, "the disk of the vectors is full", cause: cause)
        }
        return HeddleError(.internalError, "the files of the vectors cannot be used", cause: cause)
    }
}
