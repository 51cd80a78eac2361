import Crypto
import NIOSSL

/// Fetches files from URLs that an operator names, and trusts neither the servers nor the names.
///
/// Only public addresses are connected to, each checked after it was looked up and not looked up again. The bytes go to
/// `<destination>.partial` and, when they are complete and what was expected, to the destination in one step. A download
/// that was cut, cancelled or ended with its process goes on where it was, if the server can tell that the file is still
/// the same.
///
/// ```swift
/// let downloader = Downloader(proxies: try ProxyRules(environment: environment))
/// let file = try await downloader.download(
///     DownloadRequest(url: "https://example.com/tool.tar.gz", destination: "/var/lib/heddle/tool.tar.gz")
/// )
/// ```
package struct Downloader: Sendable {
    private let rules: AddressRules
    private let proxies: ProxyRules
    private let certificates: TrustedCertificates
    private let resolver: any HostResolver
    private let clock: any Clock<Duration>
    private let random: any RandomNumberGenerator & Sendable

    /// A downloader that reaches what the rules allow.
    ///
    /// - Parameters:
    ///   - rules: the addresses that may be connected to.
    ///   - proxies: the proxies that requests go through.
    ///   - certificates: who is believed to know servers.
    ///   - resolver: what finds the addresses of names.
    ///   - clock: what deadlines, limits of silence and pauses are measured with.
    ///   - random: where the uneven part of pauses comes from; each download begins with a copy of it.
    package init(
        rules: AddressRules = AddressRules(),
        proxies: ProxyRules = .none,
        certificates: TrustedCertificates = .system,
        resolver: any HostResolver = SystemResolver(),
        clock: any Clock<Duration> = ContinuousClock(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.rules = rules
        self.proxies = proxies
        self.certificates = certificates
        self.resolver = resolver
        self.clock = clock
        self.random = random
    }

    /// Fetches a file; the one at the destination is its owner's alone (mode 0600).
    ///
    /// A task that is cancelled stops and leaves what has come, for the next download of the same URL to the same place.
    ///
    /// - Parameters:
    ///   - request: what to fetch, and where to.
    ///   - progress: is told now and then how far it is; no more is read before it returns.
    /// - Returns: what is at the destination now.
    /// - Throws: ``DownloadError`` with any code; after `checksumMismatch` and `tooLarge` nothing is left.
    package func download(
        _ request: DownloadRequest,
        progress: @escaping @Sendable (DownloadProgress) async -> Void = { _ in }
    ) async throws(DownloadError) -> DownloadedFile {
        try request.limits.check()
        if let sha256 = request.sha256, !Hexadecimal.isSHA256(sha256) {
            throw DownloadError(.invalidSetting, "a SHA-256 has 64 hexadecimal digits")
        }
        let url = try DownloadURL(request.url)
        let tls = try certificates.configuration()
        // What can be refused at once leaves no file, not even for a moment.
        try rules.check(url.endpoint)
        do {
            let source = Hexadecimal.text(SHA256.hash(data: Array(url.description.utf8)))
            let file = try await Blocking.run { try PartialFile(destination: request.destination, source: source) }
            do {
                let place = try await fetch(request, url, tls, into: file, progress)
                let sha256 = try await Blocking.run { try file.finish(expecting: request.sha256) }
                let bytes = file.size
                try await Blocking.run { file.release(keeping: false) }
                return DownloadedFile(finalURL: place.description, bytes: bytes, sha256: sha256)
            } catch {
                let code = (error as? DownloadError)?.code
                let isKept = code != .checksumMismatch && code != .tooLarge
                try await Blocking.run { file.release(keeping: isKept) }
                throw error
            }
        } catch let error as DownloadError {
            throw error
        } catch let error as Interruption {
            throw error.error
        } catch is CancellationError {
            throw DownloadError(.cancelled, "the download from \(url.host) was cancelled")
        } catch {
            throw DownloadError(.badAnswer, "the download from \(url.host) failed in a way that nobody foresaw")
        }
    }

    private func fetch(
        _ request: DownloadRequest,
        _ url: DownloadURL,
        _ tls: TLSConfiguration,
        into file: PartialFile,
        _ progress: @escaping @Sendable (DownloadProgress) async -> Void
    ) async throws -> DownloadURL {
        let stopwatch = Stopwatch(clock)
        let limits = request.limits
        return try await Race.run {
            while try await !Blocking.run({ try file.readSome() }) { try Task.checkCancellation() }
            return try await tries(limits, stopwatch) {
                let silence = DownloadError(.timedOut, "\(url.host) sent nothing for \(limits.idle)")
                let watch = IdleWatch(stopwatch, limit: limits.idle, failure: silence)
                let attempt = DownloadTry(
                    url: url,
                    isHashed: request.sha256 != nil,
                    limits: limits,
                    rules: rules,
                    proxies: proxies,
                    resolver: resolver,
                    tls: tls,
                    file: file,
                    watch: watch,
                    progress: progress
                )
                return try await Race.run {
                    try await attempt.run()
                } watchedBy: {
                    try await watch.run()
                }
            }
        } watchedBy: {
            try await stopwatch.sleep(limits.total)
            throw DownloadError(.timedOut, "the download from \(url.host) took longer than \(limits.total)")
        }
    }

    /// Does one try after the other until one ends, with pauses between them.
    private func tries(
        _ limits: DownloadLimits,
        _ stopwatch: Stopwatch,
        _ attempt: () async throws -> DownloadURL
    ) async throws -> DownloadURL {
        var random = random
        var number = 0
        while true {
            do {
                return try await attempt()
            } catch let error as Interruption {
                number += 1
                guard number < limits.tries else { throw error }
                try await stopwatch.sleep(Backoff.pause(before: number, &random))
            }
        }
    }
}
