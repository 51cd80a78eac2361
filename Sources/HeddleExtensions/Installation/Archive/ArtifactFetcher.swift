package import Download
import HeddleModel

/// Fetches archives from the addresses that an operator names, into the store.
package struct ArtifactFetcher: Sendable {
    private let downloader: Downloader
    private let limits: DownloadLimits
    private let store: ArtifactStore

    /// Makes a fetcher.
    ///
    /// - Parameters:
    ///   - downloader: What reaches the network.
    ///   - limits: The bounds of one archive.
    ///   - store: Where archives are kept.
    package init(downloader: Downloader, limits: DownloadLimits, store: ArtifactStore) {
        self.downloader = downloader
        self.limits = limits
        self.store = store
    }

    /// Fetches an archive and the signature beside it, unless one with the expected hash is there already.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` for an address that is none, `grantRefused` for one that is not public,
    ///   `integrityFailed`, `storageFull`, or `installationFailed`; `CancellationError`.
    func fetch(_ url: String, expecting digest: String?) async throws -> ArtifactStore.Artifact {
        let artifact: ArtifactStore.Artifact
        if let digest, let known = store.artifact(digest) {
            // What was fetched a moment ago has its signature, if there is one.
            if ArtifactStore.signatureEndings.contains(where: { HostFile.isRegular(known.path + $0) }) { return known }
            artifact = known
        } else {
            let landing = try store.landing(for: url)
            let file = try await download(url, to: landing, sha256: digest, limits)
            artifact = try store.adopt(landing, digest: file.sha256)
        }
        for ending in ArtifactStore.signatureEndings where try await fetchSignature(url, ending, artifact) { break }
        return artifact
    }

    private func fetchSignature(
        _ url: String,
        _ ending: String,
        _ artifact: ArtifactStore.Artifact
    ) async throws -> Bool {
        let parts = url.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let address = parts[0] + ending + (parts.count > 1 ? "?" + parts[1] : "")
        var few = limits
        few.bytes = 64 << 10
        few.tries = 2
        do {
            _ = try await download(String(address), to: artifact.path + ending, sha256: nil, few)
            return true
        } catch let error as HeddleError where ["403", "404", "410"].contains(error.details["status"]) {
            // Stores that may not be listed say 403 of what is not there.
            return false
        }
    }

    private func download(
        _ url: String,
        to path: String,
        sha256: String?,
        _ limits: DownloadLimits
    ) async throws -> DownloadedFile {
        do {
            return try await downloader.download(
                DownloadRequest(url: url, destination: path, sha256: sha256?.lowercased(), limits: limits)
            )
        } catch {
            throw Self.translated(error)
        }
    }

    private static func translated(_ error: DownloadError) -> any Error {
        var details: [String: String] = [:]
        let code: HeddleError.Code
        switch error.code {
        case .cancelled: return CancellationError()
        case .invalidURL, .invalidSetting: code = .invalidRequest
        case .addressRefused, .redirectRefused: code = .grantRefused
        case .checksumMismatch: code = .integrityFailed
        case .diskFull: code = .storageFull
        case .busy: code = .versionConflict
        case .refused(let status):
            details["status"] = String(status)
            code = .installationFailed
        case .hostNotFound, .unreachable, .untrusted, .badAnswer, .encoded, .tooLarge, .incomplete, .timedOut,
            .notWritable:
            code = .installationFailed
        }
        return HeddleError(code, error.message, details: details, cause: error)
    }
}
