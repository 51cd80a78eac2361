import HeddleModel
import HeddleStore

/// The tables and conditions of a list of contexts, in the words of one engine where the engines differ.
struct ContextQuery {
    private var arguments = SQLArguments()
    private var conditions: [String] = []
    private var tables: [String]
    /// What the list is put in order by.
    private(set) var sequence = "c.sequence"

    var values: [StoreValue] { arguments.values }
    var text: String {
        "FROM \(tables.joined(separator: " CROSS JOIN ")) WHERE \(conditions.joined(separator: " AND "))"
    }

    /// A query that goes the way of a plan, or looks at the rows of contexts alone when another query led to them.
    init(_ filter: ContextFilter, _ tenant: TenantID, _ plan: ContextPlan, ofRowsAlone: Bool = false) {
        tables = []
        if !ofRowsAlone { lead(plan.lead, filter) }
        if tables.isEmpty { tables = ["context c"] }
        // What leads has the rows in the order of the list, so that a page is found without looking at the rest. Contexts
        // come last then: only those are read that have all labels.
        for (number, label) in plan.probed.enumerated() {
            let name = "l\(number)"
            tables.append(
                "context_label \(name) ON \(name).label = \(add(.integer(label))) AND \(name).sequence = \(sequence)"
            )
        }
        if sequence != "c.sequence" { tables.append("context c ON c.sequence = \(sequence)") }
        requireColumns(filter, tenant)
        switch plan.dialect {
        case .sqlite: compareWords(filter, plan)
        case .postgres: narrowPostgres(filter)
        }
    }

    /// Looks for the filter's words in the newest contexts that have words with the same first letters, and no further.
    ///
    /// Beginnings of so few letters have lists of their own; at most so many contexts are looked at.
    init(
        glancing filter: ContextFilter,
        _ tenant: TenantID,
        letters: Int,
        most: Int,
        after: Int?
    ) {
        tables = []
        sequence = "s.sequence"
        let beginnings = filter.words.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(letters))) }
        let match = add(.text(Self.match(beginnings)))
        let start = after.map { "AND rowid \(filter.isAscending ? ">" : "<") \(add(StoreValue($0)))" } ?? ""
        tables = [
            """
            (SELECT rowid AS sequence FROM context_search WHERE context_search MATCH \(match) \(start)
            ORDER BY rowid \(filter.isAscending ? "ASC" : "DESC") LIMIT \(add(StoreValue(most)))) s
            """, "context c ON c.sequence = s.sequence",
        ]
        requireColumns(filter, tenant)
        requireWords(filter)
    }

    private static func match(_ beginnings: [String]) -> String {
        beginnings.map { "\"\($0)\" *" }.joined(separator: " ")
    }

    /// The sequences that have all of some labels, in order: the labels' own orders are merged.
    init(merging labels: [Int64], after: Int?, isAscending: Bool) {
        tables = []
        let parts = labels.map { label in
            var part = "SELECT sequence FROM context_label WHERE label = \(add(.integer(label)))"
            if let after { part += " AND sequence \(isAscending ? ">" : "<") \(add(StoreValue(after)))" }
            return part
        }
        merged = parts.joined(separator: " INTERSECT ")
    }

    /// The text of merged labels, which has neither tables nor conditions of its own.
    private(set) var merged = ""

    mutating func add(_ value: StoreValue) -> String { arguments.add(value) }

    mutating func require(_ condition: String) { conditions.append(condition) }

    private mutating func requireColumns(_ filter: ContextFilter, _ tenant: TenantID) {
        require("c.tenant_id = \(add(.text(tenant.rawValue)))")
        if let type = filter.type { require("c.type = \(add(.text(type.rawValue)))") }
        if let status = filter.status { require("c.status = \(add(.text(status.rawValue)))") }
        if let owner = filter.ownerID { require("c.owner_id = \(add(.text(owner)))") }
    }

    private mutating func requireWords(_ filter: ContextFilter) {
        for word in filter.words { require("instr(' ' || c.search_text, \(add(.text(" " + word)))) > 0") }
    }

    private mutating func lead(_ lead: ContextPlan.Lead, _ filter: ContextFilter) {
        switch lead {
        case .contexts(let index):
            tables = ["context c" + (index.map { " INDEXED BY \($0)" } ?? "")]
        case .search:
            tables = ["context_search s"]
            require("s.context_search MATCH \(add(.text(Self.match(filter.words))))")
            sequence = "s.rowid"
        case .labels(let labels):
            let parts = labels.map { "SELECT sequence FROM context_label WHERE label = \(add(.integer($0)))" }
            tables = ["(\(parts.joined(separator: " INTERSECT "))) l"]
            sequence = "l.sequence"
        }
    }

    /// Looks for the words in the rows, when something else has led to them.
    private mutating func compareWords(_ filter: ContextFilter, _ plan: ContextPlan) {
        if case .search = plan.lead { return }
        requireWords(filter)
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
