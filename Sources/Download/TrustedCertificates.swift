import NIOSSL

/// Who may say which server is which.
package enum TrustedCertificates: Sendable, Hashable {
    /// The authorities that the system trusts.
    case system
    /// Those in a file with certificates in PEM form, and no others.
    case file(String)

    /// The rules of TLS for a connection.
    ///
    /// - Throws: ``DownloadError/Code/invalidSetting`` when there is no such file.
    func configuration() throws(DownloadError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        guard case .file(let path) = self else { return configuration }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(path), !certificates.isEmpty else {
            throw DownloadError(.invalidSetting, "the file with trusted certificates cannot be read")
        }
        configuration.trustRoots = .certificates(certificates)
        return configuration
    }
}
