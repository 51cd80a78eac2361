package import JSON

/// What turns one document into another.
///
/// Objects are compared member by member. Of arrays, what is equal at both ends stays, and between those the elements that
/// belong together are looked for; when too many differ, they are compared place by place. Where the changes of a container
/// would be longer than the container, it is replaced.
package struct JSONDifference: Sendable {
    private let old: JSONView
    private let new: JSONView
    private let limits: Limits

    /// The bounds on a difference.
    package struct Limits: Sendable {
        /// Operations of the patch; with more, larger parts are replaced instead.
        package var operations = JSONPatchLimits().operations
        /// Elements of an array that come or go, up to which those that stay are looked for.
        ///
        /// The work grows with the square.
        package var edits = 256

        package init() {}
    }

    package init(from old: JSONView, to new: JSONView, limits: Limits = Limits()) {
        self.old = old
        self.new = new
        self.limits = limits
    }

    /// The patch that turns the first document into one that is equal to the second; empty when they are equal.
    package var patch: JSONPatch {
        var search = DifferenceSearch(TapeSource(old.document), TapeSource(new.document), limits)
        search.compare(old.index, new.index)
        return JSONPatch(search.operations)
    }

    /// The patch that turns the second document into one that is equal to the first.
    package var inverse: JSONPatch { JSONDifference(from: new, to: old, limits: limits).patch }
}
