/// A file that is to be fetched, and where to.
package struct DownloadRequest: Sendable {
    /// The `http` or `https` URL.
    package var url: String
    /// The path of the file; what is there already is replaced when all bytes are there.
    package var destination: String
    /// The SHA-256 of the file in 64 hexadecimal digits, if it is known.
    package var sha256: String?
    /// What the download may take.
    package var limits: DownloadLimits

    /// A request with the usual limits unless others are given.
    package init(
        url: String,
        destination: String,
        sha256: String? = nil,
        limits: DownloadLimits = DownloadLimits()
    ) {
        self.url = url
        self.destination = destination
        self.sha256 = sha256
        self.limits = limits
    }
}
