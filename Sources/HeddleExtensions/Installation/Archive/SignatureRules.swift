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
        // The store knows the hash already; only a signature is worth another look at all bytes.
        let isSigned = ArtifactStore.signatureEndings.contains { HostFile.isRegular(artifact.path + $0) }
        guard isSigned else {
            guard !isRequired else { throw Self.refusal("has no signature") }
            return .absent
        }
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

extension SignatureVerdict {
    /// What it comes to, in words; empty without a signature.
    package var sentence: String {
        switch self {
        case .absent: ""
        case .trusted(let publisher, _): "signed by \(publisher)"
        case .unknown(let key): "signed with the unknown key \(key)"
        case .unverifiable(let key): "signed with the key \(key), which nobody here knows"
        }
    }
}
