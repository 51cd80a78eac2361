import HeddleModel
import HeddleStore
import JSON

/// The way to the contexts of a filter: what is rare leads, and the rest is looked at there.
///
/// PostgreSQL finds its way by itself. SQLite knows nothing of how many contexts have a label, so that it is told, from counts
/// that go no further than they have to.
struct ContextPlan {
    /// What has the contexts in the order of the list.
    enum Lead {
        /// The rows of contexts, by an index that is named when SQLite would take another one.
        case contexts(index: String?)
        /// The words of the filter.
        case search
        /// The labels of these numbers: one, or several whose lists are about as long and are merged.
        case labels([Int64])
    }

    /// As far as rows are counted; there are many of what has so many.
    private static let most = 1024
    /// As many rows are sooner read for their words than the words are looked up.
    private static let few = 256
    /// Lists are merged up to so many times the shortest one; in a longer one each row is looked up.
    private static let mergedRatio = 8

    /// The letters of the longest beginnings that have lists of their own, and how many contexts are looked at there before
    /// the words themselves are looked up.
    private static let (listedLetters, glance) = (2, 32)

    let dialect: StoreDialect
    let lead: Lead
    /// The numbers of labels that what leads is held against.
    let probed: [Int64]
    private let filter: ContextFilter
    private let tenant: TenantID

    /// Finds the way.
    init(_ filter: ContextFilter, _ tenant: TenantID, _ tx: ReadTransaction) throws {
        self.filter = filter
        self.tenant = tenant
        dialect = tx.dialect
        let isSQLite = tx.dialect == .sqlite
        guard isSQLite, !filter.labels.isEmpty else {
            lead = isSQLite && !filter.words.isEmpty ? .search : .contexts(index: nil)
            probed = []
            return
        }
        let labels = Array(ContextLabelRepository.numbers(filter.labels, tenant))
        let columns = Self.columns(filter)
        guard labels.count > 1 || !columns.isEmpty || !filter.words.isEmpty else {
            (lead, probed) = (.labels(labels), [])
            return
        }
        let counted =
            try labels.map { (label: $0, count: try ContextLabelRepository.count($0, most: Self.most, tx)) }
            .sorted { $0.count < $1.count }
        let rarest = counted.first?.count ?? 0
        if !filter.words.isEmpty, rarest > Self.few {
            (lead, probed) = (.search, labels)
        } else if rarest >= Self.most, let index = try Self.rareIndex(columns, tenant, tx) {
            (lead, probed) = (.contexts(index: index), labels)
        } else {
            let merged = counted.filter { $0.count <= max(rarest, 8) * Self.mergedRatio }.map(\.label)
            lead = .labels(merged)
            probed = counted.dropFirst(merged.count).map(\.label)
        }
    }

    /// The columns that a filter asks for, each with its index.
    private static func columns(_ filter: ContextFilter) -> [(name: String, index: String, value: String)] {
        [
            filter.type.map { ("type", "context_by_type", $0.rawValue) },
            filter.status.map { ("status", "context_by_status", $0.rawValue) },
            filter.ownerID.map { ("owner_id", "context_by_owner", $0) },
        ]
        .compactMap(\.self)
    }

    /// The index of the column whose value the fewest contexts have, when they are not many.
    private static func rareIndex(
        _ columns: [(name: String, index: String, value: String)],
        _ tenant: TenantID,
        _ tx: ReadTransaction
    ) throws -> String? {
        let counted = try columns.map { name, index, value in
            let row = try tx.first(
                """
                SELECT count(*) AS found
                FROM (SELECT 1 FROM context WHERE tenant_id = $1 AND \(name) = $2 LIMIT $3)
                """,
                [.text(tenant.rawValue), .text(value), StoreValue(Self.most)]
            )
            return (index: index, count: try row?.integer("found") ?? 0)
        }
        return counted.filter { $0.count < Self.most }.min { $0.count < $1.count }?.index
    }

    // MARK: Reading

    /// Some contexts after one of them, and where the next ones begin; nil when there are none behind.
    ///
    /// There may be fewer than the size and more behind.
    func page(after: Int?, size: Int, _ tx: ReadTransaction) throws -> (contexts: [Context], next: Int?) {
        if case .labels(let labels) = lead, labels.count > 1 { return try merged(labels, after, size, tx) }
        if let glance = try glance(after, size, tx) { return glance }
        var query = ContextQuery(filter, tenant, self)
        if let after {
            query.require("\(query.sequence) \(filter.isAscending ? ">" : "<") \(query.add(StoreValue(after)))")
        }
        let limit = query.add(StoreValue(size))
        let text = "\(query.text) ORDER BY \(query.sequence) \(filter.isAscending ? "ASC" : "DESC") LIMIT \(limit)"
        let contexts = try ContextRepository.read(text, query.values, tx)
        return (try contexts.filter(isMeant), contexts.count < size ? nil : contexts.last?.sequence)
    }

    /// A page of words that so many contexts have that the newest ones fill it; nil when they do not.
    ///
    /// SQLite gathers all contexts of all words with a beginning before it shows the first, unless the beginning is so short
    /// that it has a list of its own.
    private func glance(_ after: Int?, _ size: Int, _ tx: ReadTransaction) throws -> (contexts: [Context], next: Int?)?
    {
        guard case .search = lead, probed.isEmpty,
            filter.words.contains(where: { $0.unicodeScalars.count > Self.listedLetters })
        else { return nil }
        var query = ContextQuery(
            glancing: filter,
            tenant,
            letters: Self.listedLetters,
            most: Self.glance + size,
            after: after
        )
        let limit = query.add(StoreValue(size))
        let text = "\(query.text) ORDER BY \(query.sequence) \(filter.isAscending ? "ASC" : "DESC") LIMIT \(limit)"
        let contexts = try ContextRepository.read(text, query.values, tx)
        return contexts.count < size ? nil : (contexts, contexts.last?.sequence)
    }

    /// Merges first and reads then: in one query SQLite would put all rows in order before it shows the first.
    private func merged(
        _ labels: [Int64],
        _ after: Int?,
        _ size: Int,
        _ tx: ReadTransaction
    ) throws -> (contexts: [Context], next: Int?) {
        var merging = ContextQuery(merging: labels, after: after, isAscending: filter.isAscending)
        let limit = merging.add(StoreValue(size))
        let order = filter.isAscending ? "ASC" : "DESC"
        let rows = try tx.query("\(merging.merged) ORDER BY 1 \(order) LIMIT \(limit)", merging.values)
        let sequences = try rows.map { try $0.integer("sequence") }
        var contexts: [Context] = []
        for sequence in sequences {
            var query = ContextQuery(filter, tenant, self, ofRowsAlone: true)
            query.require("c.sequence = \(query.add(.integer(sequence)))")
            contexts += try ContextRepository.read(query.text, query.values, tx).filter(isMeant)
        }
        return (contexts, sequences.count < size ? nil : sequences.last.map { Int($0) })
    }

    /// How many contexts there are in all.
    func count(_ tx: ReadTransaction) throws -> Int {
        let query = ContextQuery(filter, tenant, self)
        return Int(try tx.first("SELECT count(*) AS total \(query.text)", query.values)?.integer("total") ?? 0)
    }

    /// Whether a context has the labels themselves, and not just their numbers.
    private func isMeant(_ context: Context) throws -> Bool {
        guard dialect == .sqlite, !filter.labels.isEmpty else { return true }
        let attributes = try? JSONDocument(Array(context.attributesText.utf8))
        guard let metadata = attributes?.root.member("metadata") else { return false }
        return filter.labels.allSatisfy { $0.isIn(metadata) }
    }
}
