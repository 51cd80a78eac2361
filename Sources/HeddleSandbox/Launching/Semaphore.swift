import Glibc

/// A counting semaphore for threads of our own; never waited on by Swift's cooperative pool.
final class Semaphore: Sendable {
    // The pointer is set once and sem_t is made for concurrent use.
    nonisolated(unsafe) private let storage: UnsafeMutablePointer<sem_t>

    init() {
        storage = .allocate(capacity: 1)
        sem_init(storage, 0, 0)
    }

    deinit {
        sem_destroy(storage)
        storage.deallocate()
    }

    func signal() {
        sem_post(storage)
    }

    func wait() {
        while sem_wait(storage) != 0, errno == EINTR {}
    }
}
