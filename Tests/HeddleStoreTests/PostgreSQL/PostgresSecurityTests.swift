import Glibc
import HeddleModel
import HeddleStore
import HeddleTestSupport
import Testing

@Suite(
    "The way to PostgreSQL",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresSecurityTests {
    private static let limits = PostgresFixture.limits { $0.acquireTimeout = .milliseconds(300) }

    /// Opens and closes a store; the error, if there was one.
    private static func attempt(
        _ url: String,
        password: String? = nil,
        _ lines: RecordingLog.Lines = RecordingLog.Lines()
    ) async -> HeddleError? {
        var configuration = limits
        configuration.database.password = password
        do {
            let logger = RecordingLog.logger(lines)
            try await PostgresFixture.with(url: url, configuration, migrations: [], logger: logger) { _ in }
            return nil
        } catch {
            return error as? HeddleError ?? HeddleError(.internalError, "\(error)")
        }
    }

    @Test("takes a password from the URL, from beside it or from a file, and never repeats it")
    func passwords() async throws {
        let server = try PostgresServer(authentication: "scram-sha-256")
        try server.run("CREATE ROLE app LOGIN PASSWORD 'right-word'; CREATE DATABASE app OWNER app")
        let place = "127.0.0.1:\(server.port)/app"
        let lines = RecordingLog.Lines()
        #expect(await Self.attempt("postgres://app:right-word@\(place)", lines) == nil)
        #expect(await Self.attempt("postgres://app@\(place)", password: "right-word", lines) == nil)
        try await ScratchDirectory.with { directory in
            try directory.write("passwords", "127.0.0.1:\(server.port):app:app:right-word\n")
            chmod("\(directory.path)/passwords", 0o600)
            let url = "postgres://app@\(place)?passfile=\(directory.path)/passwords"
            #expect(await Self.attempt(url, lines) == nil)
        }
        let refused = await Self.attempt("postgres://app:wrong-word@\(place)", lines)
        #expect(refused?.code == .databaseUnavailable)
        #expect(refused?.description.contains("wrong-word") == false)
        #expect(!lines.all.contains { $0.contains("right-word") || $0.contains("wrong-word") })
    }

    @Test("verifies the server's certificate and name")
    func certificates() async throws {
        guard TestEnvironment.hasProgram("openssl") else {
            guard !TestEnvironment.isCI else {
                Issue.record("there is no openssl")
                return
            }
            try Test.cancel("skipped: no openssl")
        }
        let server = try PostgresServer(withCertificateFor: "localhost")
        let url = try server.makeDatabase().replacing("127.0.0.1", with: "localhost")
        let own = "sslrootcert=\(server.certificate)"
        #expect(await Self.attempt("\(url)?sslmode=verify-full&\(own)") == nil)
        let stranger = await Self.attempt("\(url)?sslmode=verify-full")
        #expect(stranger?.code == .databaseUnavailable)
        // The name in the certificate is that of the host, not of its address.
        let address = url.replacing("localhost", with: "127.0.0.1")
        let misnamed = await Self.attempt("\(address)?sslmode=verify-full&\(own)")
        #expect(misnamed?.code == .databaseUnavailable)
        #expect(await Self.attempt("\(address)?sslmode=verify-ca&\(own)") == nil)
    }

    @Test("is made durable, whatever the database is set to")
    func durable() async throws {
        let server = try PostgresServer.shared()
        let url = try server.makeDatabase()
        let name = String(url.split(separator: "/").last ?? "")
        try server.run("ALTER DATABASE \(name) SET synchronous_commit = off")
        try await PostgresFixture.with(url: url) { store in
            let setting = try await store.read { tx in
                try tx.first("SELECT current_setting('synchronous_commit') AS setting")?.text("setting")
            }
            #expect(setting == "on")
        }
        let careless = try PostgresServer(settings: ["fsync = off"])
        let error = await Self.attempt(try careless.makeDatabase())
        #expect(error?.code == .internalError)
        #expect(error?.details["setting"] == "fsync")
    }
}
