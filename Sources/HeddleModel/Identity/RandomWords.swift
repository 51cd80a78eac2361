import Glibc
import Synchronization

/// The system's random numbers, fetched by the page: each request needs some for its ids, and asking for each costs a system
/// call.
final class RandomWords: Sendable {
    /// Two words for one id.
    struct Pair: RandomNumberGenerator {
        fileprivate var first: UInt64
        fileprivate var second: UInt64

        mutating func next() -> UInt64 {
            defer { swap(&first, &second) }
            return first
        }
    }

    static let shared = RandomWords()
    private static let count = 512
    private let state = Mutex<(words: [UInt64], next: Int)>(([UInt64](repeating: 0, count: count), count))

    /// Words that nobody else is given.
    func pair() -> Pair {
        state.withLock { state in
            if state.next + 2 > Self.count {
                Self.fill(&state.words)
                state.next = 0
            }
            defer { state.next += 2 }
            return Pair(first: state.words[state.next], second: state.words[state.next + 1])
        }
    }

    private static func fill(_ words: inout [UInt64]) {
        words.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            arc4random_buf(start, bytes.count)
        }
    }
}
