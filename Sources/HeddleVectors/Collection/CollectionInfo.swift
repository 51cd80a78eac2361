/// What there is to know about a collection.
package struct CollectionInfo: Sendable, Hashable {
    package let settings: VectorSettings
    /// Points that can be found.
    package let points: Int
    /// Points that were deleted or replaced and still take room.
    package let deleted: Int
    /// Points that are linked into the graph; searches look through the others.
    package let linked: Int
    /// Bytes of memory that are needed to search, outside of files.
    package let memoryBytes: Int
    /// Bytes of memory that the indexes of fields take beside that.
    package let fieldBytes: Int
    /// Bytes of all files.
    package let diskBytes: Int
    /// Files of rows.
    package let segments: Int
    /// What was found damaged, by file.
    package let damages: [String]
    /// The recall that each `ef` reached when it was measured.
    package let recalls: [Int: Double]
    /// Whether work on the files or the graph is to be done.
    package let isBusy: Bool
}
