/// How much of what was written a read has to see.
package enum ReadConsistency: String, Sendable, Hashable, CaseIterable {
    /// Every write that was acknowledged before the read began.
    case strong
    /// What a read replica has, which may be behind by as much as `database.replica_lag_ms` allows.
    case eventual
}
