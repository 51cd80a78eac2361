import Synchronization

/// The bytes that a long transfer has moved so far, for whoever watches it.
package final class TransferCount: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    package var bytes: Int { count.load(ordering: .relaxed) }

    func add(_ bytes: Int) { count.wrappingAdd(bytes, ordering: .relaxed) }
}
