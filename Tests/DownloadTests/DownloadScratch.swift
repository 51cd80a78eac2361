import Crypto
import Download
import Foundation
import HeddleTestSupport
import Testing

/// A place for one download, and a server to load from.
struct DownloadScratch: Sendable {
    let folder: String
    let server: MisbehavingServer
    let clock: TestClock

    var destination: String { folder + "/file" }
    /// What was downloaded; nil when there is nothing.
    var file: [UInt8]? { Self.bytes(destination) }
    var partial: [UInt8]? { Self.bytes(destination + ".partial") }
    /// Everything in the folder.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }

    static func bytes(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }

    static func sha256(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Runs a test with a server that answers so.
    static func with(
        clock: TestClock = TestClock(),
        _ responder: @escaping MisbehavingServer.Responder,
        test body: @escaping @Sendable (DownloadScratch) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { directory in
            let folder = directory.path
            try await MisbehavingServer.with(responder) { server in
                try await body(DownloadScratch(folder: folder, server: server, clock: clock))
            }
        }
    }

    /// Runs a test in which all answers have the same bytes, after which the server leaves.
    static func answering(
        _ text: String,
        _ body: @escaping @Sendable (DownloadScratch) async throws -> Void
    ) async throws {
        try await with(
            { _, wire in
                try await wire.write(text)
                try await wire.close()
            },
            test: body
        )
    }

    func url(_ path: String = "/file") -> String { "http://\(server.endpoint)\(path)" }

    func request(
        _ path: String = "/file",
        sha256: String? = nil,
        limits: DownloadLimits = DownloadLimits()
    ) -> DownloadRequest {
        DownloadRequest(url: url(path), destination: destination, sha256: sha256, limits: limits)
    }

    func downloader(
        allowing more: [String] = [],
        proxies: ProxyRules = .none,
        certificates: TrustedCertificates = .system,
        resolver: any HostResolver = FixedResolver([:])
    ) throws -> Downloader {
        Downloader(
            rules: try AddressRules(allowing: [server.endpoint] + more),
            proxies: proxies,
            certificates: certificates,
            resolver: resolver,
            clock: clock,
            random: SplitMix64(seed: 5)
        )
    }

    /// Downloads from this server.
    func download(
        _ request: DownloadRequest? = nil,
        progress: @escaping @Sendable (DownloadProgress) async -> Void = { _ in }
    ) async throws -> DownloadedFile {
        try await downloader().download(request ?? self.request(), progress: progress)
    }

    /// Downloads and says why that failed.
    func failure(_ request: DownloadRequest? = nil, with downloader: Downloader? = nil) async throws -> DownloadError? {
        let downloader = try downloader ?? self.downloader()
        do {
            _ = try await downloader.download(request ?? self.request())
        } catch {
            return error
        }
        return nil
    }
}
