import HeddleModel
package import HeddleSecurity

/// Whose signatures are known, and whether an archive has to have one of theirs.
package struct SignatureRules: Sendable {
    private let publishers: TrustedPublishers
    private let isRequired: Bool

    package init(publishers: TrustedPublishers = TrustedPublishers(), isRequired: Bool = false) {
        self.publishers = publishers
        self.isRequired = isRequired
    }

    /// Looks at the signature beside a file.
    ///
    /// - Throws: ``HeddleError`` with `integrityFailed` for a wrong signature, or for one that is missing or of somebody else
    ///   when a trusted one is required.
    func verdict(of artifact: ArtifactStore.Artifact) throws(HeddleError) -> SignatureVerdict {
        let file = try SignedFile(artifact.path, trusting: publishers)
        guard file.sha256 == artifact.digest else {
            throw HeddleError(.integrityFailed, "the archive changed while it was looked at")
        }
        guard isRequired else { return file.verdict }
        switch file.verdict {
        case .trusted: return file.verdict
        case .absent: throw Self.refusal("has no signature")
        case .unknown(let key): throw Self.refusal("is signed with the key \(key), which is of no trusted publisher")
        case .unverifiable(let key): throw Self.refusal("is signed with the key \(key), which is not known here")
        }
    }

    private static func refusal(_ what: String) -> HeddleError {
        HeddleError(.integrityFailed, "the archive \(what), and a trusted signature is required here")
    }
}
