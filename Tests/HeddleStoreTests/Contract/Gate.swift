import Glibc
import Synchronization

/// Keeps closures of a store busy until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)
    private let arrived = AsyncStream<Void>.makeStream()

    func hold() {
        arrived.continuation.yield()
        while !isOpen.withLock({ $0 }) {
            usleep(200)
        }
    }

    func open() {
        isOpen.withLock { $0 = true }
    }

    func waitForArrival() async {
        for await _ in arrived.stream { return }
    }
}
