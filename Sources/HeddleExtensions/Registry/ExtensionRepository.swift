import HeddleMCP
import HeddleModel
import HeddleStore
import JSON

/// Reads and writes extensions inside a transaction that its caller opened.
package struct ExtensionRepository: Sendable {
    package init() {}

    /// What the store has of a tenant.
    struct Contents: Sendable {
        /// Each extension as it is now.
        var entries: [RegisteredExtension] = []
        /// Versions that were replaced or wait to be accepted.
        var others: [RegisteredExtension] = []
        /// Names of extensions that cannot be read, and why.
        var unreadable: [(name: String, userID: UInt32, reason: String)] = []
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
            INSERT INTO extension (tenant_id, name, user_number, current_generation, created_at)
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, name) DO NOTHING
            """,
            [
                .text(tenant.rawValue), .text(entry.name.rawValue), .integer(Int64(userNumber)),
                .integer(Int64(entry.generation)), .integer(Int64(entry.createdAt.milliseconds)),
            ]
        )
        guard inserted == 1 else {
            throw HeddleError(
                .extensionExists,
                "an extension named '\(entry.name)' is registered already",
                details: ["name": entry.name.rawValue]
            )
        }
        try insertVersion(entry, tenant: tenant, tx)
        try forgetRemains(of: entry.name.rawValue, tenant: tenant, tx)
    }

    private func insertVersion(_ entry: RegisteredExtension, tenant: TenantID, _ tx: WriteTransaction) throws {
        _ = try tx.execute(
            """
            INSERT INTO extension_version (tenant_id, name, generation, manifest, source, grants, choices, configuration,
                created_at, predecessor, stages, signature, state, resolved, tools, held_tools, revision, abilities, updated_at,
                edits)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
            """,
            identity(entry, tenant) + [
                .text(entry.manifest.value.text), .text(entry.source.value.text),
                .text(entry.grants.value(showingValues: true).text), .text(entry.choices.value.text),
                StoreValue(entry.configuration?.text), .integer(Int64(entry.createdAt.milliseconds)),
                entry.predecessor.map { .integer(Int64($0)) } ?? .null, .text(entry.stages.text),
                .text(entry.signature),
            ] + changing(entry)
        )
    }

    /// Stores what changed, if nobody else changed it meanwhile.
    ///
    /// - Throws: ``HeddleError`` with `versionConflict` when somebody did, or it is gone.
    func update(_ entry: RegisteredExtension, tenant: TenantID, _ tx: WriteTransaction) throws {
        let changed = try tx.execute(
            """
            UPDATE extension_version SET state = $4, resolved = $5, tools = $6, held_tools = $7, revision = $8,
                abilities = $9, updated_at = $10, edits = $11
            WHERE tenant_id = $1 AND name = $2 AND generation = $3 AND edits = $11 - 1 AND created_at = $12
            """,
            identity(entry, tenant) + changing(entry) + [.integer(Int64(entry.createdAt.milliseconds))]
        )
        guard changed == 1 else { throw Self.conflict(entry.name) }
    }

    /// Removes an extension with all its versions; its data remains until somebody has removed that too.
    func delete(_ name: ExtensionName, tenant: TenantID, _ tx: WriteTransaction) throws {
        _ = try tx.execute(
            "DELETE FROM extension WHERE tenant_id = $1 AND name = $2",
            [.text(tenant.rawValue), .text(name.rawValue)]
        )
        try noteRemains(of: name, tenant: tenant, tx)
    }

    /// Every extension of a tenant with all its versions, or the one of a name.
    ///
    /// One that cannot be read is told of and left out, so that it does not keep the others from running.
    func all(
        tenant: TenantID,
        userBase: UInt32,
        only name: ExtensionName? = nil,
        _ tx: ReadTransaction
    ) throws -> Contents {
        let rows = try tx.query(
            """
            SELECT e.user_number, e.current_generation, e.desired_generation, v.* FROM extension e
                JOIN extension_version v ON v.tenant_id = e.tenant_id AND v.name = e.name
            WHERE e.tenant_id = $1 AND ($2 IS NULL OR e.name = $2) ORDER BY e.name, v.generation
            """,
            [.text(tenant.rawValue), StoreValue(name?.rawValue)]
        )
        var contents = Contents()
        var desired: [String: RegisteredExtension] = [:]
        for row in rows {
            do {
                let entry = try Self.entry(row, userBase: userBase)
                if try row.integer("current_generation") == entry.generation {
                    contents.entries.append(entry)
                } else {
                    contents.others.append(entry)
                    let next = try row.integerIfPresent("desired_generation")
                    if next == Int64(entry.generation) { desired[entry.name.rawValue] = entry }
                }
            } catch {
                let userID = userBase + UInt32(try row.integer("user_number"))
                contents.unreadable.append((try row.text("name"), userID, "\(error)"))
            }
        }
        for index in contents.entries.indices {
            let entry = contents.entries[index]
            contents.entries[index].pending = desired[entry.name.rawValue].map { PendingVersion($0, after: entry) }
        }
        let remains = try tx.query("SELECT name FROM extension_remains WHERE tenant_id = $1", [.text(tenant.rawValue)])
        contents.remains = try remains.map { try $0.text("name") }
        return contents
    }

    /// The versions of an extension in the order in which they came.
    func versions(
        of name: ExtensionName,
        tenant: TenantID,
        userBase: UInt32,
        _ tx: ReadTransaction
    ) throws -> [RegisteredExtension] {
        let rows = try tx.query(
            """
            SELECT e.user_number, v.* FROM extension e
                JOIN extension_version v ON v.tenant_id = e.tenant_id AND v.name = e.name
            WHERE e.tenant_id = $1 AND e.name = $2 ORDER BY v.generation
            """,
            [.text(tenant.rawValue), .text(name.rawValue)]
        )
        // One that cannot be read is no version to go back to, and does not keep the others from being used.
        return rows.compactMap { try? Self.entry($0, userBase: userBase) }
    }

    /// Where all versions of all extensions come from.
    func sources(tenant: TenantID, _ tx: ReadTransaction) throws -> [ExtensionSource] {
        let rows = try tx.query("SELECT source FROM extension_version WHERE tenant_id = $1", [.text(tenant.rawValue)])
        return try rows.map { row in
            try ExtensionSource(JSONFields(parsing: Array(row.text("source").utf8), code: .internalError))
        }
    }

    /// The generation of the newest version of an extension, readable or not; nothing when there is none.
    func lastGeneration(of name: ExtensionName, tenant: TenantID, _ tx: ReadTransaction) throws -> Int {
        let rows = try tx.query(
            """
            SELECT generation FROM extension_version WHERE tenant_id = $1 AND name = $2
            ORDER BY generation DESC LIMIT 1
            """,
            [.text(tenant.rawValue), .text(name.rawValue)]
        )
        return try rows.first.map { Int(try $0.integer("generation")) } ?? 0
    }

    /// Stores a version that waits to be accepted, in the place of one that waited before.
    ///
    /// - Throws: ``HeddleError`` with `versionConflict` when the extension is gone or has another version meanwhile.
    func park(
        _ entry: RegisteredExtension,
        after current: RegisteredExtension,
        tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        try update(current, tenant: tenant, tx)
        try setDesired(entry.generation, of: current, tenant, tx)
        if let replaced = current.pending?.entry { try deleteVersion(replaced, tenant: tenant, tx) }
        try insertVersion(entry, tenant: tenant, tx)
    }

    /// Forgets the version that waits to be accepted.
    ///
    /// - Throws: ``HeddleError`` with `versionConflict`.
    func unpark(_ current: RegisteredExtension, tenant: TenantID, _ tx: WriteTransaction) throws {
        try update(current, tenant: tenant, tx)
        try setDesired(nil, of: current, tenant, tx)
    }

    private func setDesired(
        _ generation: Int?,
        of current: RegisteredExtension,
        _ tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        let changed = try tx.execute(
            """
            UPDATE extension SET desired_generation = $4 WHERE tenant_id = $1 AND name = $2 AND current_generation = $3
            """,
            identity(current, tenant) + [generation.map { .integer(Int64($0)) } ?? .null]
        )
        guard changed == 1 else { throw Self.conflict(current.name) }
    }

    /// Puts one version in the place of another, stores both as they are then, and forgets one that waited.
    ///
    /// - Throws: ``HeddleError`` with `versionConflict` when somebody changed the extension meanwhile.
    func exchange(
        _ old: RegisteredExtension,
        for new: RegisteredExtension,
        dropping parked: RegisteredExtension?,
        tenant: TenantID,
        _ tx: WriteTransaction
    ) throws {
        try update(old, tenant: tenant, tx)
        // What nobody accepted is not there to go back to.
        if let parked { try deleteVersion(parked, tenant: tenant, tx) }
        try deleteVersion(new, tenant: tenant, tx)
        try insertVersion(new, tenant: tenant, tx)
        let changed = try tx.execute(
            """
            UPDATE extension SET current_generation = $4, desired_generation = NULL
            WHERE tenant_id = $1 AND name = $2 AND current_generation = $3
            """,
            identity(old, tenant) + [.integer(Int64(new.generation))]
        )
        guard changed == 1 else { throw Self.conflict(old.name) }
    }

    /// Removes one version, if it is there.
    func deleteVersion(_ entry: RegisteredExtension, tenant: TenantID, _ tx: WriteTransaction) throws {
        _ = try tx.execute(
            "DELETE FROM extension_version WHERE tenant_id = $1 AND name = $2 AND generation = $3",
            identity(entry, tenant)
        )
    }

    private func identity(_ entry: RegisteredExtension, _ tenant: TenantID) -> [StoreValue] {
        [.text(tenant.rawValue), .text(entry.name.rawValue), .integer(Int64(entry.generation))]
    }

    private static func conflict(_ name: ExtensionName) -> HeddleError {
        HeddleError(.versionConflict, "'\(name)' was changed by somebody else meanwhile")
    }

    private func changing(_ entry: RegisteredExtension) -> [StoreValue] {
        [
            .text(entry.state.rawValue), StoreValue(entry.resolved?.value.text), .text(Self.text(entry.tools)),
            StoreValue(entry.heldTools.map(Self.text)), StoreValue(entry.revision?.rawValue),
            StoreValue(entry.abilities.map { Int64($0.rawValue) }),
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

    /// What the operator chose; before this was stored, grants were all that was known of it.
    private static func choices(_ row: Row) throws -> OperatorChoices {
        guard let text = try row.textIfPresent("choices") else {
            let grants = try Grants(JSONFields(parsing: Array(row.text("grants").utf8), code: .internalError))
            return OperatorChoices(grants: grants)
        }
        return try OperatorChoices(JSONFields(parsing: Array(text.utf8), code: .internalError))
    }

    private static func entry(_ row: Row, userBase: UInt32) throws -> RegisteredExtension {
        func fields(_ column: String) throws -> JSONFields {
            try JSONFields(parsing: Array(row.text(column).utf8), code: .internalError)
        }
        var entry = RegisteredExtension(
            name: try ExtensionName(row.text("name")),
            generation: Int(try row.integer("generation")),
            predecessor: try row.integerIfPresent("predecessor").map { Int($0) },
            manifest: try Manifest(fields("manifest")),
            source: try ExtensionSource(fields("source")),
            grants: try Grants(fields("grants")),
            choices: try choices(row),
            configuration: try row.textIfPresent("configuration").map { try JSONValue(parsing: Array($0.utf8)) },
            userID: userBase + UInt32(try row.integer("user_number")),
            createdAt: Timestamp(milliseconds: Int(try row.integer("created_at")))
        )
        guard let state = ExtensionState(rawValue: try row.text("state")) else {
            throw HeddleError(.internalError, "a stored extension has an unknown state")
        }
        entry.state = state
        entry.signature = try row.textIfPresent("signature") ?? ""
        if let stages = try row.textIfPresent("stages") { entry.stages = try JSONValue(parsing: Array(stages.utf8)) }
        entry.resolved = try row.textIfPresent("resolved")
            .map { text in try ResolvedCommand(JSONFields(parsing: Array(text.utf8), code: .internalError)) }
        entry.tools = try tools(row.text("tools"))
        entry.heldTools = try row.textIfPresent("held_tools").map(tools)
        entry.revision = try row.textIfPresent("revision").flatMap(MCPRevision.init(rawValue:))
        entry.abilities = try row.integerIfPresent("abilities").map { MCPAbilities(rawValue: Int($0)) }
        entry.updatedAt = Timestamp(milliseconds: Int(try row.integer("updated_at")))
        entry.edits = Int(try row.integer("edits"))
        return entry
    }
}
