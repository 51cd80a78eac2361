import Foundation
import HeddleModel
import Logging

@testable import HeddleStore

/// A directory for a test that opens the same database several times.
struct SQLiteFixture {
    let directory: TemporaryDirectory
    static let schema = [
        Migration(name: "0001", sqlite: "CREATE TABLE item (name TEXT PRIMARY KEY, label TEXT) STRICT")
    ]

    static func with(_ body: (SQLiteFixture) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try await body(SQLiteFixture(directory: directory))
    }

    var path: String {
        "\(directory.path)/heddle.sqlite"
    }

    func open(_ migrations: [Migration] = SQLiteFixture.schema) throws -> HeddleStore {
        try HeddleStore.open(
            directory: directory.path,
            migrations: migrations,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// Opens, runs a closure and closes.
    @discardableResult
    func opened<T: Sendable>(
        _ migrations: [Migration] = SQLiteFixture.schema,
        _ body: (HeddleStore) async throws -> T
    ) async throws -> T {
        let store = try open(migrations)
        do {
            let result = try await body(store)
            await store.close()
            return result
        } catch {
            await store.close()
            throw error
        }
    }
}
