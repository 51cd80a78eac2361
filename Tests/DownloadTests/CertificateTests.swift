import Foundation
import HeddleTestSupport
import NIOSSL
import Testing

@testable import Download

@Suite("Certificates")
struct CertificateTests {
    private static let file = HostedFile(bytes: HostedFile.random(100_000))

    /// Runs a test with a server that is `files.test` to those who trust its certificate.
    private static func with(
        _ responder: @escaping MisbehavingServer.Responder = { try await file.answer($0, $1) },
        test body: @escaping @Sendable (DownloadScratch, _ certificate: String) async throws -> Void
    ) async throws {
        guard TestEnvironment.hasProgram("openssl") else {
            guard !TestEnvironment.isCI else {
                Issue.record("there is no openssl")
                return
            }
            try Test.cancel("skipped: no openssl")
        }
        try await ScratchDirectory.with { directory in
            let folder = directory.path
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments =
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                + ["-keyout", "\(folder)/key", "-out", "\(folder)/certificate", "-days", "2", "-subj", "/CN=test"]
                + ["-addext", "subjectAltName=DNS:files.test"]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
            let configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile("\(folder)/certificate").map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: "\(folder)/key", format: .pem))
            )
            let context = try NIOSSLContext(configuration: configuration)
            try FileManager.default.createDirectory(atPath: "\(folder)/place", withIntermediateDirectories: false)
            try await MisbehavingServer.with(tls: context, responder) { server in
                let scratch = DownloadScratch(folder: "\(folder)/place", server: server, clock: TestClock())
                try await body(scratch, "\(folder)/certificate")
            }
        }
    }

    private static func fetch(
        _ scratch: DownloadScratch,
        from host: String,
        trusting certificates: TrustedCertificates
    ) async throws -> DownloadError? {
        let endpoint = "\(host):\(scratch.server.port)"
        let downloader = try scratch.downloader(
            allowing: [endpoint],
            certificates: certificates,
            resolver: FixedResolver([host: ["127.0.0.1"]])
        )
        let request = DownloadRequest(url: "https://\(endpoint)/file", destination: scratch.destination)
        return try await scratch.failure(request, with: downloader)
    }

    @Test("of nobody known are refused, at once")
    func untrusted() async throws {
        try await Self.with { scratch, _ in
            let error = try await Self.fetch(scratch, from: "files.test", trusting: .system)
            #expect(error?.code == .untrusted)
            #expect(scratch.server.requests.isEmpty)
            #expect(scratch.clock.skipped.isEmpty)
            #expect(scratch.names.isEmpty)
        }
    }

    @Test("are held against the name in the URL, not the address")
    func trusted() async throws {
        try await Self.with { scratch, certificate in
            #expect(try await Self.fetch(scratch, from: "other.test", trusting: .file(certificate))?.code == .untrusted)
            #expect(try await Self.fetch(scratch, from: "127.0.0.1", trusting: .file(certificate))?.code == .untrusted)
            #expect(scratch.server.requests.isEmpty)
            #expect(try await Self.fetch(scratch, from: "files.test", trusting: .file(certificate)) == nil)
            #expect(scratch.file == Self.file.bytes)
            let missing = try await Self.fetch(scratch, from: "files.test", trusting: .file("/none"))
            #expect(missing?.code == .invalidSetting)
        }
    }

    @Test("are not left for a connection without one")
    func downgrade() async throws {
        try await Self.with { _, wire in
            try await wire.write("HTTP/1.1 302 Go\r\nLocation: http://files.test/\r\nContent-Length: 0\r\n\r\n")
        } test: { scratch, certificate in
            let error = try await Self.fetch(scratch, from: "files.test", trusting: .file(certificate))
            #expect(error?.code == .redirectRefused)
        }
    }

    @Test("protect connections that are cut as well")
    func cut() async throws {
        try await Self.with { request, wire in
            try await Self.file.answer(
                request,
                wire,
                cutAfter: request.number < 2 ? 20_000 : .max,
                resets: request.number == 1
            )
        } test: { scratch, certificate async throws in
            #expect(try await Self.fetch(scratch, from: "files.test", trusting: .file(certificate)) == nil)
            #expect(scratch.file == Self.file.bytes)
            #expect(scratch.server.requests.count == 3)
        }
    }
}
