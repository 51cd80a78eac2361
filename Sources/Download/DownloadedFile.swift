/// A file that is complete at its destination.
package struct DownloadedFile: Sendable, Hashable {
    /// Where the bytes came from after all redirects; its query may hold a secret.
    package let finalURL: String
    /// Bytes of the file.
    package let bytes: Int
    /// The SHA-256 of the file in 64 lower-case hexadecimal digits.
    package let sha256: String
}
