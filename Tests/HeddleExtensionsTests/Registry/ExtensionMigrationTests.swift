import HeddleModel
import HeddleStore
import HeddleTestSupport
import Logging
import Testing

@testable import HeddleExtensions

@Suite("The tables of extensions")
struct ExtensionMigrationTests {
    private static func opened<Value: Sendable>(
        _ folder: String,
        _ migrations: [Migration],
        _ body: (HeddleStore) async throws -> Value
    ) async throws -> Value {
        let store = try HeddleStore.open(
            directory: folder,
            migrations: migrations,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        do {
            let value = try await body(store)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }

    @Test("of a Heddle before versions were numbered keep every extension, its tools and its grants")
    func generations() async throws {
        try await ScratchDirectory.with { scratch in
            try await Self.opened(scratch.path, Array(ExtensionMigrations.all.prefix(3))) { store in
                try await store.write { tx in
                    for (number, name) in ["one", "two"].enumerated() {
                        _ = try tx.execute(
                            """
                            INSERT INTO extension (tenant_id, name, user_number, current_version, created_at)
                            VALUES ($1, $2, $3, '1.2.0', 1000)
                            """,
                            [.text("default"), .text(name), .integer(Int64(number))]
                        )
                        _ = try tx.execute(
                            """
                            INSERT INTO extension_version (tenant_id, name, version, state, manifest, source, grants, resolved,
                                tools, held_tools, revision, updated_at, edits, configuration)
                            VALUES ($1, $2, '1.2.0', 'active', $3, $4, $5, $6, $7, NULL, '2025-11-25', 2000, 4, NULL)
                            """,
                            [
                                .text("default"), .text(name),
                                .text(#"{"name":"\#(name)","version":"1.2.0","runtime":{"command":["/bin/x"]}}"#),
                                .text(#"{"kind":"command","command":["/bin/x"]}"#), .text(#"{"read":["/srv"]}"#),
                                .text(#"{"command":["/bin/x"],"reads":["/bin/x"],"environment":{}}"#),
                                .text(#"[{"name":"echo","inputSchema":{"type":"object"}}]"#),
                            ]
                        )
                    }
                }
            }
            for _ in 0..<2 {
                let contents = try await Self.opened(scratch.path, ExtensionMigrations.all) { store in
                    try await store.read { tx in try ExtensionRepository().all(tenant: .local, userBase: 500, tx) }
                }
                #expect(contents.unreadable.isEmpty && contents.others.isEmpty)
                #expect(contents.entries.map(\.name.rawValue) == ["one", "two"])
                let entry = try #require(contents.entries.last)
                #expect(entry.generation == 1 && entry.predecessor == nil && entry.pending == nil)
                #expect(entry.state == .active && entry.edits == 4 && entry.userID == 501)
                #expect(entry.tools.map(\.name) == ["echo"] && entry.manifest.version.description == "1.2.0")
                #expect(entry.grants.read == ["/srv"] && entry.choices.grants?.read == ["/srv"])
                #expect(entry.createdAt.milliseconds == 1000 && entry.updatedAt.milliseconds == 2000)
            }
        }
    }

    @Test("keep one unreadable version from hiding the others of its extension")
    func unreadable() async throws {
        try await ScratchDirectory.with { scratch in
            try await Self.opened(scratch.path, ExtensionMigrations.all) { store in
                let name = try ExtensionName("one")
                let manifest = Manifest(
                    name: name,
                    version: SemanticVersion(major: 1, minor: 0, patch: 0),
                    runtime: Manifest.Runtime(command: ["/bin/x"])
                )
                let entry = RegisteredExtension(
                    name: name,
                    manifest: manifest,
                    source: .command(["/bin/x"], directory: nil),
                    grants: Grants(),
                    userID: 500,
                    createdAt: Timestamp(milliseconds: 1)
                )
                let repository = ExtensionRepository()
                try await store.write { tx in
                    try repository.insert(entry, userNumber: 0, tenant: .local, tx)
                    _ = try tx.execute(
                        """
                        INSERT INTO extension_version (tenant_id, name, generation, state, manifest, source, grants, tools,
                            created_at, updated_at, edits)
                        VALUES ($1, 'one', 7, 'inactive', '{', '{}', '{}', '[]', 1, 1, 1)
                        """,
                        [.text(TenantID.local.rawValue)]
                    )
                }
                let (versions, last) = try await store.read { tx in
                    (
                        try repository.versions(of: name, tenant: .local, userBase: 500, tx),
                        try repository.lastGeneration(of: name, tenant: .local, tx)
                    )
                }
                #expect(versions.map(\.generation) == [1] && last == 7)
            }
        }
    }
}
