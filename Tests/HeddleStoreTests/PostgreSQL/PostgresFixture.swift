import Glibc
import HeddleModel
import HeddleStore
import HeddleTestSupport
import Logging
import Synchronization

/// What the tests of the engine for PostgreSQL have in common.
enum PostgresFixture {
    static let silent = Logger(label: "heddle.store") { _ in SwiftLogNoOpLogHandler() }

    /// Limits that do not make a test wait.
    static func limits(
        maximumConnections: Int = 20,
        _ change: (inout HeddleStore.Configuration.Database) -> Void = { _ in }
    ) -> HeddleStore.Configuration {
        var database = HeddleStore.Configuration.Database(
            minimumConnections: min(5, maximumConnections),
            maximumConnections: maximumConnections
        )
        change(&database)
        return HeddleStore.Configuration(database: database)
    }

    /// Opens a store on a URL, hands it to the test, and closes it whatever happens.
    static func with(
        url: String,
        _ configuration: HeddleStore.Configuration = HeddleStore.Configuration(),
        migrations: [Migration] = ContractEngine.schema,
        logger: Logger = silent,
        _ body: (HeddleStore) async throws -> Void
    ) async throws {
        let store = try await HeddleStore.open(
            url: url,
            configuration: configuration,
            migrations: migrations,
            logger: logger
        )
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }
}

/// Keeps what is logged.
struct RecordingLog: LogHandler {
    /// The lines so far, each with its metadata.
    final class Lines: Sendable {
        private let stored = Mutex<[String]>([])

        var all: [String] { stored.withLock { $0 } }

        func append(_ line: String) { stored.withLock { $0.append(line) } }
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.append("\(event.message) \(event.metadata ?? [:])")
    }

    static func logger(_ lines: Lines) -> Logger {
        Logger(label: "heddle.store") { _ in RecordingLog(lines: lines) }
    }
}

/// A point where closures wait for each other, once; those that come later pass.
final class Meeting: Sendable {
    private let expected: Int
    private let arrived = Atomic<Int>(0)

    init(of expected: Int) {
        self.expected = expected
    }

    func arrive() {
        arrived.add(1, ordering: .sequentiallyConsistent)
        while arrived.load(ordering: .sequentiallyConsistent) < expected { usleep(100) }
    }
}
