import HeddleModel

/// What waits for the thread that writes.
struct WriterQueue: Sendable {
    /// A request, or something that only this thread may do.
    enum Item: Sendable {
        case write(LogRecord, size: Int, @Sendable (Result<WriteOutcome, HeddleError>) -> Void)
        case job(@Sendable () -> Void)
    }

    var items: [Item] = []
    var bytes = 0
    /// While too many slots wait to be linked, only jobs are done.
    var isThrottled = false
    var isStopping = false
    /// Set when the thread is done: nobody would answer any more.
    var hasStopped = false

    /// The next requests that share a sync, or one job; nothing when there is nothing to do now.
    mutating func next() -> [Item]? {
        if isThrottled, !isStopping {
            let job = items.firstIndex { if case .job = $0 { true } else { false } }
            return job.map { [items.remove(at: $0)] }
        }
        guard !items.isEmpty else { return nil }
        var taken = 0
        var size = 0
        for item in items {
            guard case .write(_, let bytes, _) = item else { break }
            if taken > 0, size + bytes > 16 << 20 { break }
            size += bytes
            taken += 1
        }
        bytes -= size
        let next = Array(items.prefix(max(taken, 1)))
        items.removeFirst(next.count)
        return next
    }
}

/// What a write did.
package struct WriteOutcome: Sendable, Hashable {
    /// Points that were stored.
    package var stored = 0
    /// Points that were there and were deleted.
    package var deleted = 0
}

/// Memory that the thread that writes uses again and again.
struct ChangeBuffers {
    var numbers: [Float] = []
    /// Numbers that did not fit into the range of the codes, of how many, since the range was learnt.
    var clipped = 0
    var encoded = 0
}
