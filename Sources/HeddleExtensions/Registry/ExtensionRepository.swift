import HeddleMCP
import HeddleModel
import HeddleStore
import JSON

/// Reads and writes extensions inside a transaction that its caller opened.
package struct ExtensionRepository: Sendable {
    package init() {}

    /// What the store has of a tenant.
    struct Contents: Sendable {
        var entries: [RegisteredExtension] = []
        /// Names of extensions that cannot be read, and why.
        var unreadable: [(name: String, reason: String)] = []
        /// Names whose data is left over from a registration or removal that did not end.
        var remains: [String] = []
    }

    /// Notes that an extension of this name has data without being registered, so that a crash leaves none behind.
    func noteRemains(of name: ExtensionName, tenant: TenantID, _ tx: WriteTransaction) throws {
        _ = try tx.execute(
            "INSERT INTO extension_remains (tenant_id, name) VALUES ($1, $2) ON CONFLICT (tenant_id, name) DO NOTHING",
            [.text(tenant.rawValue), .text(name.rawValue)]
        )
    }

    /// The data of this name is gone, or belongs to an extension.
    func forgetRemains(of name: String, tenant: TenantID, _ tx: WriteTransaction) throws {
        _ = try tx.execute(
            "DELETE FROM extension_remains WHERE tenant_id = $1 AND name = $2",
            [.text(tenant.rawValue), .text(name)]
        )
    }

    /// Stores a new extension and its version.
    ///
    /// - Throws: ``HeddleError`` with `extensionExists` when the name is taken.
    func insert(_ entry: RegisteredExtension, userNumber: Int, tenant: TenantID, _ tx: WriteTransaction) throws {
        let inserted = try tx.execute(
            """
            INSERT INTO extension (tenant_id, name, user_number, current_version, created_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, name) DO NOTHING
            """,
            [
                .text(tenant.rawValue), .text(entry.name.rawValue), .integer(Int64(userNumber)),
                .text(entry.manifest.version.description), .integer(Int64(entry.createdAt.milliseconds)),
            ]
        )
        guard inserted == 1 else {
            throw HeddleError(
                .extensionExists,
                "an extension named '\(entry.name)' is registered already",
                details: ["name": entry.name.rawValue]
            )
        }
        _ = try tx.execute(
            """
            INSERT INTO extension_version (tenant_id, name, version, state, manifest, source, grants, configuration,
                resolved, tools, held_tools, revision, updated_at, edits)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            """,
            identity(entry, tenant) + [
                .text(entry.state.rawValue), .text(entry.manifest.value.text), .text(entry.source.value.text),
                .text(entry.grants.value(showingValues: true).text), StoreValue(entry.configuration?.text),
            ] + changing(entry)
        )
        try forgetRemains(of: entry.name.rawValue, tenant: tenant, tx)
    }

    /// Stores what changed, if nobody else changed it meanwhile.
    ///
    /// - Throws: ``HeddleError`` with `versionConflict` when somebody did, or it is gone.
    func update(_ entry: RegisteredExtension, tenant: TenantID, _ tx: WriteTransaction) throws {
        let changed = try tx.execute(
            """
            UPDATE extension_version SET state = $4, resolved = $5, tools = $6, held_tools = $7, revision = $8,
                updated_at = $9, edits = $10
            WHERE tenant_id = $1 AND name = $2 AND version = $3 AND edits = $10 - 1
                AND EXISTS (SELECT 1 FROM extension WHERE tenant_id = $1 AND name = $2 AND created_at = $11)
            """,
            identity(entry, tenant) + [.text(entry.state.rawValue)] + changing(entry)
                + [.integer(Int64(entry.createdAt.milliseconds))]
        )
        guard changed == 1 else {
            throw HeddleError(.versionConflict, "'\(entry.name)' was changed by somebody else meanwhile")
        }
    }

    /// Removes an extension with all its versions; its data remains until somebody has removed that too.
    func delete(_ name: ExtensionName, tenant: TenantID, _ tx: WriteTransaction) throws {
        _ = try tx.execute(
            "DELETE FROM extension WHERE tenant_id = $1 AND name = $2",
            [.text(tenant.rawValue), .text(name.rawValue)]
        )
        try noteRemains(of: name, tenant: tenant, tx)
    }

    /// Every extension of a tenant with its current version.
    ///
    /// One that cannot be read is told of and left out, so that it does not keep the others from running.
    func all(tenant: TenantID, userBase: UInt32, _ tx: ReadTransaction) throws -> Contents {
        let rows = try tx.query(
            """
            SELECT e.user_number, e.created_at, v.* FROM extension e JOIN extension_version v
                ON v.tenant_id = e.tenant_id AND v.name = e.name AND v.version = e.current_version
            WHERE e.tenant_id = $1 ORDER BY e.name
            """,
            [.text(tenant.rawValue)]
        )
        var contents = Contents()
        for row in rows {
            do {
                contents.entries.append(try Self.entry(row, userBase: userBase))
            } catch {
                contents.unreadable.append((try row.text("name"), "\(error)"))
            }
        }
        let remains = try tx.query("SELECT name FROM extension_remains WHERE tenant_id = $1", [.text(tenant.rawValue)])
        contents.remains = try remains.map { try $0.text("name") }
        return contents
    }

    private func identity(_ entry: RegisteredExtension, _ tenant: TenantID) -> [StoreValue] {
        [.text(tenant.rawValue), .text(entry.name.rawValue), .text(entry.manifest.version.description)]
    }

    private func changing(_ entry: RegisteredExtension) -> [StoreValue] {
        [
            StoreValue(entry.resolved?.value.text), .text(Self.text(entry.tools)),
            StoreValue(entry.heldTools.map(Self.text)), StoreValue(entry.revision?.rawValue),
            .integer(Int64(entry.updatedAt.milliseconds)), .integer(Int64(entry.edits)),
        ]
    }

    private static func text(_ tools: [ToolDefinition]) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for tool in tools { writer.raw(tool.document.root) }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func tools(_ text: String) throws -> [ToolDefinition] {
        try JSONDocument(text).root.elements.map { view in try ToolDefinition(view) }
    }

    private static func entry(_ row: Row, userBase: UInt32) throws -> RegisteredExtension {
        func fields(_ column: String) throws -> JSONFields {
            try JSONFields(parsing: Array(row.text(column).utf8), code: .internalError)
        }
        var entry = RegisteredExtension(
            name: try ExtensionName(row.text("name")),
            manifest: try Manifest(fields("manifest")),
            source: try ExtensionSource(fields("source")),
            grants: try Grants(fields("grants")),
            configuration: try row.textIfPresent("configuration").map { try JSONValue(parsing: Array($0.utf8)) },
            userID: userBase + UInt32(try row.integer("user_number")),
            createdAt: Timestamp(milliseconds: Int(try row.integer("created_at")))
        )
        guard let state = ExtensionState(rawValue: try row.text("state")) else {
            throw HeddleError(.internalError, "a stored extension has an unknown state")
        }
        entry.state = state
        entry.resolved = try row.textIfPresent("resolved")
            .map { text in try ResolvedCommand(JSONFields(parsing: Array(text.utf8), code: .internalError)) }
        entry.tools = try tools(row.text("tools"))
        entry.heldTools = try row.textIfPresent("held_tools").map(tools)
        entry.revision = try row.textIfPresent("revision").flatMap(MCPRevision.init(rawValue:))
        entry.updatedAt = Timestamp(milliseconds: Int(try row.integer("updated_at")))
        entry.edits = Int(try row.integer("edits"))
        return entry
    }
}
