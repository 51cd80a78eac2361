/// What came out of an archive.
package struct ArchiveContents: Sendable, Hashable {
    /// Regular files.
    package let files: Int
    /// Folders, also those that are named only by what lies in them; the top folder is not counted.
    package let folders: Int
    /// Bytes of all files together.
    package let bytes: Int
    /// The single folder in which everything lies, such as `package` in what npm packs; nil when there is none.
    package let commonRoot: String?
}
