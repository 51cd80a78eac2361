/// Why a call failed.
package enum CallFailure: Int, Sendable, CaseIterable {
    /// The extension answered with an error.
    case extensionError
    /// It was never sent: the breaker was open, the queue full or the wait too long.
    case refused
    /// Its deadline passed.
    case timeout
    /// The instance ended while it was under way.
    case crash
    /// The caller went away.
    case cancelled
    /// Its parameters, or the caller, were not accepted.
    case rejected

    /// Its name in metrics and answers.
    package var name: String {
        switch self {
        case .extensionError: "extension_error"
        case .refused: "refused"
        case .timeout: "timeout"
        case .crash: "crash"
        case .cancelled: "cancelled"
        case .rejected: "rejected"
        }
    }
}

/// How a result was found in the cache.
package enum CacheLookup: Int, Sendable, CaseIterable {
    case hit
    case miss
    /// An old result was given while a new one is fetched.
    case stale
}

/// What was counted in a time.
package struct CallTotals: Sendable {
    /// The calls, then the failures by kind, then the lookups by outcome: as small as it gets, for there are many of these.
    private var counts = InlineArray<10, UInt64>(repeating: 0)

    /// Nothing.
    package init() {}

    /// The calls that ended, whichever way.
    package var calls: UInt64 { counts[0] }

    /// The calls that failed, whatever the reason.
    package var failed: UInt64 { CallFailure.allCases.reduce(0) { $0 &+ failures($1) } }

    /// The calls that failed for one reason.
    package func failures(_ kind: CallFailure) -> UInt64 { counts[1 + kind.rawValue] }

    /// The lookups in the cache that came out one way.
    package func cache(_ lookup: CacheLookup) -> UInt64 { counts[7 + lookup.rawValue] }

    mutating func add(_ failure: CallFailure?) {
        counts[0] &+= 1
        if let failure { counts[1 + failure.rawValue] &+= 1 }
    }

    mutating func add(_ lookup: CacheLookup) { counts[7 + lookup.rawValue] &+= 1 }

    mutating func merge(_ other: CallTotals) {
        for index in counts.indices { counts[index] &+= other.counts[index] }
    }
}
