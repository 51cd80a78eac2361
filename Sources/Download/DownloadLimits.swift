/// What one download may take.
package struct DownloadLimits: Sendable, Hashable {
    /// Bytes of the file.
    package var bytes: Int
    /// Time for everything: redirects, tries and pauses included.
    package var total: Duration
    /// Time without a byte, after which a connection counts as cut.
    package var idle: Duration
    /// Redirects of one try.
    package var redirects: Int
    /// Requests for the file, the first included.
    package var tries: Int

    /// Limits for a file of an extension.
    package init(
        bytes: Int = 1 << 30,
        total: Duration = .seconds(3600),
        idle: Duration = .seconds(30),
        redirects: Int = 5,
        tries: Int = 6
    ) {
        self.bytes = bytes
        self.total = total
        self.idle = idle
        self.redirects = redirects
        self.tries = tries
    }

    /// Refuses limits that allow nothing.
    ///
    /// - Throws: ``DownloadError/Code/invalidSetting``.
    func check() throws(DownloadError) {
        guard bytes > 0, total > .zero, idle > .zero, redirects >= 0, tries > 0 else {
            throw DownloadError(.invalidSetting, "every limit of a download has to be more than nothing")
        }
    }
}
