extension AdmissionQueue {
    /// One capability of the extension: its calls under way, and its waiting ones by priority.
    struct Capability: Sendable {
        var limit = Int.max
        var inUse = 0
        var lists = InlineArray<3, WaitingCalls.List>(repeating: WaitingCalls.List())
        /// Measured only where there is a limit, since nobody asks for it elsewhere.
        var serviceTime = ServiceTime()

        var hasRoom: Bool { inUse < limit }

        /// The waiting call that goes first: each list is in order, so it is one of three.
        func next(_ calls: WaitingCalls) -> Int32? {
            var best: Int32 = -1
            for priority in lists.indices {
                let first = lists[priority].first
                if first >= 0, best < 0 || calls[first].rank < calls[best].rank { best = first }
            }
            return best < 0 ? nil : best
        }

        /// How long a call waits for its capability's own limit.
        func estimatedWait(_ priority: Priority) -> Duration {
            guard !hasRoom else { return .zero }
            var ahead = 0
            for level in 0...Int(priority.rawValue) { ahead += Int(lists[level].count) }
            return serviceTime.wait(for: ahead + 1, slots: limit)
        }
    }
}
