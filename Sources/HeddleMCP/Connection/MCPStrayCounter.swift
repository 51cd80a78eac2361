import Synchronization

/// Counts what an extension sent and nobody asked for; read from any thread.
package final class MCPStrayCounter: Sendable {
    private let strayLines = Atomic<Int>(0)
    private let unmatchedAnswers = Atomic<Int>(0)

    package init() {}

    /// Lines that were no JSON-RPC message.
    package var stray: Int { strayLines.load(ordering: .relaxed) }

    /// Answers that were late, doubled, or to no call at all.
    package var unmatched: Int { unmatchedAnswers.load(ordering: .relaxed) }

    func countStray() -> Int { strayLines.add(1, ordering: .relaxed).newValue }

    func countUnmatched() { unmatchedAnswers.add(1, ordering: .relaxed) }
}
