import CHeddleKernels
import Synchronization

/// What searches need for their walk, kept for the next ones.
final class SearchPool: Sendable {
    private let idle = Mutex<[Scratch]>([])

    /// The memory of one search.
    final class Scratch: @unchecked Sendable {
        // Only one search at a time has it.
        let pointer: OpaquePointer

        init?() {
            guard let pointer = heddle_search_create() else { return nil }
            self.pointer = pointer
        }

        deinit {
            heddle_search_destroy(pointer)
        }
    }

    func take() -> Scratch? { idle.withLock { $0.popLast() } ?? Scratch() }

    func give(_ scratch: Scratch) {
        idle.withLock { if $0.count < 64 { $0.append(scratch) } }
    }

    var memory: Int { idle.withLock { $0.reduce(0) { $0 + heddle_search_memory($1.pointer) } } }
}
