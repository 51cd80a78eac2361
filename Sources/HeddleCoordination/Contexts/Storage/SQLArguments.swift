import HeddleStore

/// The arguments of a statement that is put together piece by piece.
struct SQLArguments {
    private(set) var values: [StoreValue] = []

    /// Takes a value and gives its placeholder.
    mutating func add(_ value: StoreValue) -> String {
        values.append(value)
        return "$\(values.count)"
    }
}

/// The columns of a row that get other values.
struct RowChanges {
    private var arguments = SQLArguments()
    private var changes: [String] = []

    /// Sets a column, in the type of PostgreSQL that it is cast to if there is one.
    mutating func set(_ column: String, _ value: StoreValue, cast: String? = nil) {
        let placeholder = arguments.add(value)
        changes.append(column + " = " + (cast.map { "CAST(\(placeholder) AS \($0))" } ?? placeholder))
    }

    /// Sets a column if its value is another one now.
    mutating func set(_ column: String, _ value: StoreValue, from old: StoreValue) {
        if value != old { set(column, value) }
    }

    /// Changes the row whose key has a value.
    mutating func update(_ table: String, _ key: String, _ value: StoreValue, _ tx: WriteTransaction) throws {
        let placeholder = arguments.add(value)
        try tx.execute(
            "UPDATE \(table) SET \(changes.joined(separator: ", ")) WHERE \(key) = \(placeholder)",
            arguments.values
        )
    }
}

/// The text of an `INSERT`, made once for each number of rows that is used.
struct RowInsert: Sendable {
    /// The numbers of rows of one statement, the greatest first: few texts, so that each stays prepared.
    private static let sizes = [64, 16, 4, 1]

    private let columns: Int
    private let texts: [Int: String]
    private let returning: String

    /// Makes the texts.
    ///
    /// A column may have a type of PostgreSQL that its values are cast to, the suffix follows the rows,
    /// and the key is the column that tells one row from the others.
    init(into table: String, columns: [(name: String, cast: String?)], suffix: String = "", key: String) {
        self.columns = columns.count
        returning = " RETURNING " + key
        let head = "INSERT INTO \(table) (\(columns.map(\.name).joined(separator: ", "))) VALUES "
        texts = Dictionary(
            uniqueKeysWithValues: Self.sizes.map { size in
                let rows = (0..<size)
                    .map { row in
                        let values = columns.enumerated()
                            .map { index, column in
                                let placeholder = "$\(row * columns.count + index + 1)"
                                return column.cast.map { "CAST(\(placeholder) AS \($0))" } ?? placeholder
                            }
                        return "(\(values.joined(separator: ", ")))"
                    }
                return (size, head + rows.joined(separator: ", ") + suffix)
            }
        )
    }

    init(into table: String, columns: [String], suffix: String = "", key: String) {
        self.init(into: table, columns: columns.map { ($0, nil) }, suffix: suffix, key: key)
    }

    /// Inserts rows: on PostgreSQL as many with one statement as there is a text for, on SQLite one by one.
    func run(_ rows: [[StoreValue]], _ tx: WriteTransaction) throws {
        switch tx.dialect {
        case .sqlite: try tx.execute(texts[1] ?? "", forEach: rows)
        case .postgres: try inPieces(rows) { text, values in try tx.execute(text, values) }
        }
    }

    /// Inserts rows whose suffix passes over some, and finds the place of the first that was passed over.
    ///
    /// The key is at a place in each row; nil when all were inserted.
    func firstRefused(of rows: [[StoreValue]], key place: Int, _ tx: WriteTransaction) throws -> Int? {
        switch tx.dialect {
        case .sqlite: return try tx.execute(texts[1] ?? "", forEach: rows).firstIndex(of: 0)
        case .postgres:
            var inserted: Set<StoreValue> = []
            try inPieces(rows) { text, values in
                for row in try tx.query(text + returning, values) { inserted.formUnion(row.values.prefix(1)) }
            }
            // Each counts once, so that of two rows with one key the second is found.
            return rows.firstIndex { inserted.remove($0[place]) == nil }
        }
    }

    private func inPieces(_ rows: [[StoreValue]], _ insert: (String, [StoreValue]) throws -> Void) throws {
        var rest = rows[...]
        for size in Self.sizes {
            while rest.count >= size, let text = texts[size] {
                var values: [StoreValue] = []
                values.reserveCapacity(size * columns)
                for row in rest.prefix(size) { values.append(contentsOf: row) }
                try insert(text, values)
                rest = rest.dropFirst(size)
            }
        }
    }
}
