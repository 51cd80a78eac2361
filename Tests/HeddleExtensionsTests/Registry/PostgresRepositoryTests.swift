import HeddleModel
import HeddleStore
import HeddleTestSupport
import Logging
import Testing

@testable import HeddleExtensions

@Suite(
    "The registry on PostgreSQL",
    .enabled(if: PostgresServer.isExpected, "skipped: no PostgreSQL")
)
struct PostgresRepositoryTests {
    private let repository = ExtensionRepository()

    private static func entry(
        _ name: String,
        generation: Int = 1,
        predecessor: Int? = nil
    ) throws -> RegisteredExtension {
        let name = try ExtensionName(name)
        return RegisteredExtension(
            name: name,
            generation: generation,
            predecessor: predecessor,
            manifest: Manifest(
                name: name,
                version: SemanticVersion(major: generation, minor: 0, patch: 0),
                runtime: Manifest.Runtime(command: ["/bin/x"])
            ),
            source: .command(["/bin/x"], directory: nil),
            grants: Grants(),
            userID: 500,
            createdAt: Timestamp(milliseconds: 1)
        )
    }

    private func contents(
        _ store: HeddleStore,
        only name: ExtensionName? = nil
    ) async throws -> ExtensionRepository.Contents {
        let repository = repository
        return try await store.read { tx in try repository.all(tenant: .local, userBase: 500, only: name, tx) }
    }

    @Test("is stored, changed, exchanged and removed as on SQLite")
    func life() async throws {
        let store = try await HeddleStore.open(
            url: PostgresServer.shared().makeDatabase(),
            migrations: ExtensionMigrations.all,
            logger: Logger(label: "heddle.store") { _ in SwiftLogNoOpLogHandler() }
        )
        let repository = repository
        var one = try Self.entry("one")
        let two = try Self.entry("two")
        let stored = one
        try await store.write { tx in
            try repository.insert(stored, userNumber: 0, tenant: .local, tx)
            try repository.insert(two, userNumber: 1, tenant: .local, tx)
        }
        let taken = await #expect(throws: HeddleError.self) {
            try await store.write { tx in try repository.insert(stored, userNumber: 2, tenant: .local, tx) }
        }
        #expect(taken?.code == .extensionExists)
        let all = try await contents(store)
        #expect(all.entries.map(\.name.rawValue) == ["one", "two"])
        let lone = try await contents(store, only: one.name)
        #expect(lone.entries.map(\.name.rawValue) == ["one"])

        one.edits += 1
        let changed = one
        try await store.write { tx in try repository.update(changed, tenant: .local, tx) }
        let lost = await #expect(throws: HeddleError.self) {
            try await store.write { tx in try repository.update(changed, tenant: .local, tx) }
        }
        #expect(lost?.code == .versionConflict)

        one.edits += 1
        let old = one
        let new = try Self.entry("one", generation: 2, predecessor: 1)
        try await store.write { tx in
            try repository.exchange(old, for: new, dropping: nil, tenant: .local, tx)
        }
        let (versions, last, sources) = try await store.read { tx in
            (
                try repository.versions(of: old.name, tenant: .local, userBase: 500, tx),
                try repository.lastGeneration(of: old.name, tenant: .local, tx),
                try repository.sources(tenant: .local, tx)
            )
        }
        #expect(versions.map(\.generation) == [1, 2])
        #expect(last == 2)
        #expect(sources.count == 3)

        try await store.write { tx in try repository.delete(old.name, tenant: .local, tx) }
        let rest = try await contents(store)
        #expect(rest.entries.map(\.name.rawValue) == ["two"])
        #expect(rest.others.isEmpty)
        #expect(rest.remains == ["one"])
        await store.close()
    }
}
