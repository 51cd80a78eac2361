import Synchronization

/// The last queries that were asked, which recall is measured with.
final class QuerySamples: Sendable {
    private struct Ring {
        var queries: [[Float]] = []
        var next = 0
        var seen = 0
    }

    static let capacity = 128
    private let ring = Mutex(Ring())

    /// Keeps a query in 16, so that the samples cost next to nothing.
    func add(_ query: [Float]) {
        ring.withLock { ring in
            ring.seen += 1
            if ring.queries.count < Self.capacity {
                ring.queries.append(query)
            } else if ring.seen % 16 == 0 {
                ring.queries[ring.next] = query
                ring.next = (ring.next + 1) % Self.capacity
            }
        }
    }

    var all: [[Float]] { ring.withLock { $0.queries } }
}
