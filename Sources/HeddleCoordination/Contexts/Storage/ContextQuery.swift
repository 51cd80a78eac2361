import HeddleModel
import HeddleStore

/// The tables and conditions of a list of contexts, in the words of one engine where the engines differ.
struct ContextQuery {
    private var arguments = SQLArguments()
    private var conditions: [String] = []
    private var tables = "context c"
    /// What the list is put in order by.
    private(set) var sequence = "c.sequence"

    var values: [StoreValue] { arguments.values }
    var text: String { "FROM \(tables) WHERE \(conditions.joined(separator: " AND "))" }

    init(_ filter: ContextFilter, _ tenant: TenantID, _ dialect: StoreDialect) {
        require("c.tenant_id = \(add(.text(tenant.rawValue)))")
        if let type = filter.type { require("c.type = \(add(.text(type.rawValue)))") }
        if let status = filter.status { require("c.status = \(add(.text(status.rawValue)))") }
        if let owner = filter.ownerID { require("c.owner_id = \(add(.text(owner)))") }
        switch dialect {
        case .sqlite: narrowSQLite(filter, tenant)
        case .postgres: narrowPostgres(filter)
        }
    }

    mutating func add(_ value: StoreValue) -> String { arguments.add(value) }

    mutating func require(_ condition: String) { conditions.append(condition) }

    /// The search, or else the first label, leads.
    ///
    /// It has the rows in the order of the list, so that a page is found without looking at the rest. Contexts come last: only those are read that have all labels.
    private mutating func narrowSQLite(_ filter: ContextFilter, _ tenant: TenantID) {
        var sources: [String] = []
        if !filter.words.isEmpty {
            let words = filter.words.map { "\"\($0)\" *" }.joined(separator: " ")
            sources.append("context_search s")
            require("s.context_search MATCH \(add(.text(words)))")
            sequence = "s.rowid"
        }
        for (number, label) in filter.labels.enumerated() {
            let name = "l\(number)"
            let joined =
                "\(name).tenant_id = \(add(.text(tenant.rawValue))) AND \(name).label = \(add(.text(label.text)))"
            if sources.isEmpty {
                sources.append("context_label \(name)")
                require(joined)
                sequence = "\(name).sequence"
            } else {
                sources.append("context_label \(name) ON \(joined) AND \(name).sequence = \(sequence)")
            }
        }
        guard !sources.isEmpty else { return }
        tables = (sources + ["context c ON c.sequence = \(sequence)"]).joined(separator: " CROSS JOIN ")
    }

    private mutating func narrowPostgres(_ filter: ContextFilter) {
        if !filter.words.isEmpty {
            let words = filter.words.map { "'\($0)':*" }.joined(separator: " & ")
            require("c.search_words @@ CAST(\(add(.text(words))) AS TSQUERY)")
        }
        for label in filter.labels {
            require("c.labels @> CAST(\(add(.text(label.containment))) AS JSONB)")
        }
    }
}
