/// Finds the addresses of names.
package protocol HostResolver: Sendable {
    /// All addresses of a name, the preferred first.
    ///
    /// - Throws: ``DownloadError/Code/hostNotFound`` when there are none, and `CancellationError`.
    func addresses(of host: String) async throws -> [IPAddress]
}
