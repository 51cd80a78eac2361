/// One file or folder as an archive lists it.
package struct ArchiveEntry: Sendable, Hashable {
    /// The path inside the archive, without `.`, doubled slashes and a trailing slash; empty for the top folder.
    package let path: String
    /// Bytes of the file; 0 for a folder.
    package let size: Int
    /// Whether the owner may execute the file; false for a folder.
    package let isExecutable: Bool
    /// Whether it is a folder.
    package let isFolder: Bool
}
