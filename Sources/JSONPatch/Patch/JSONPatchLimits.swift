import JSON

/// The bounds on a patch and on the work of applying it; patches come from strangers.
package struct JSONPatchLimits: Sendable {
    /// Operations of one patch.
    package var operations = 10_000
    /// Levels of nesting of the result, and of every state on the way to it; never more than a document may have.
    package var depth = JSONDocument.maximumDepth
    /// Bytes of the result, and of every state on the way to it: a few copies of copies could ask for any number.
    package var resultBytes = 16 << 20
    /// Bytes that all `test` operations may compare: a number of a megabyte can be equal to one of a byte.
    package var comparedBytes = 256 << 20

    /// Changes that may be duplicated because what was copied is changed again.
    package var copiedChanges = 1 << 20

    package init() {}
}
