/// How far a download is.
package struct DownloadProgress: Sendable, Hashable {
    /// Bytes on disk.
    package let bytes: Int
    /// Bytes of the whole file, if the server said so.
    package let total: Int?
}
