package import JSON

/// Two changed versions of a document, brought together by what they began with.
///
/// What one side changed is taken from there, and what both changed alike once. Members of objects are merged one by one,
/// also of objects that both sides put in. Arrays that both sides changed are merged where it is clear what belongs together:
/// a stretch that only one side changed comes from there, and a stretch that both changed without moving, adding or removing
/// anything is merged place by place. Everything else is a conflict, among it what both sides put in at the same place of an
/// array, since nobody can tell the order. The order of members is ours; what theirs has added comes last.
package struct JSONMerge: Sendable {
    /// What becomes of a conflict.
    package enum Policy: String, Sendable, CaseIterable {
        /// There is no result.
        case reject
        /// Our value is taken.
        case ours
        /// Their value is taken: the last write wins.
        case theirs
    }

    /// A value that both sides changed, differently.
    package struct Conflict: Sendable {
        /// Where it is, by the indexes of our arrays.
        package let path: JSONPointer
        /// What it was; nil when there was none.
        package let base: JSONView?
        /// Ours; nil when we removed it.
        package let ours: JSONView?
        /// Theirs; nil when they removed it.
        package let theirs: JSONView?
    }

    /// The result; nil when there are conflicts that were to be rejected.
    package let merged: [UInt8]?
    /// All conflicts, also those that the policy decided.
    package let conflicts: [Conflict]

    package init(base: JSONView, ours: JSONView, theirs: JSONView, policy: Policy = .reject) {
        var merging = ThreeWay(
            base: TapeSource(base.document),
            ours: TapeSource(ours.document),
            theirs: TapeSource(theirs.document),
            policy: policy
        )
        merging.merge(Triple(base: base.index, ours: ours.index, theirs: theirs.index))
        conflicts = merging.conflicts
        merged = policy == .reject && !conflicts.isEmpty ? nil : merging.output
    }
}

/// Places on the tapes of three versions; nil where one has nothing.
struct Triple {
    var base: Int?
    var ours: Int?
    var theirs: Int?
}
