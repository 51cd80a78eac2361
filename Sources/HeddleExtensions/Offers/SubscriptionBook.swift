import Synchronization

/// The resources of an extension that clients want to hear of, with how many want it.
final class SubscriptionBook: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    /// Resources at once.
    private static let most = 10_000

    /// Notes one more; whether it is the first, and nil when there are too many.
    func add(_ uri: String) -> Bool? {
        counts.withLock { counts in
            guard counts[uri] != nil || counts.count < Self.most else { return nil }
            counts[uri, default: 0] += 1
            return counts[uri] == 1
        }
    }

    /// Notes one less; whether it was the last.
    func remove(_ uri: String) -> Bool {
        counts.withLock { counts in
            guard let count = counts[uri] else { return false }
            counts[uri] = count > 1 ? count - 1 : nil
            return count == 1
        }
    }

    var uris: Set<String> { counts.withLock { Set($0.keys) } }
    var isEmpty: Bool { counts.withLock(\.isEmpty) }
}
