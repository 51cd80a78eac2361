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

/// The text of an `INSERT` of several rows, made once for each number of rows that is used.
struct RowInsert: Sendable {
    /// The numbers of rows of one statement, the greatest first: few texts, so that each stays prepared.
    private static let sizes = [64, 16, 4, 1]

    private let columns: Int
    private let texts: [Int: String]

    /// Makes the texts; a column may have a type that its values are cast to, and the suffix follows the rows.
    init(into table: String, columns: [(name: String, cast: String?)], suffix: String = "") {
        self.columns = columns.count
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

    init(into table: String, columns: [String], suffix: String = "") {
        self.init(into: table, columns: columns.map { ($0, nil) }, suffix: suffix)
    }

    /// Inserts rows, as many with one statement as there is a text for.
    ///
    /// - Returns: What the suffix returns.
    func run(_ rows: [[StoreValue]], _ tx: WriteTransaction) throws -> [Row] {
        var answer: [Row] = []
        var rest = rows[...]
        for size in Self.sizes {
            while rest.count >= size, let text = texts[size] {
                var values: [StoreValue] = []
                values.reserveCapacity(size * columns)
                for row in rest.prefix(size) { values.append(contentsOf: row) }
                answer += try tx.query(text, values)
                rest = rest.dropFirst(size)
            }
        }
        return answer
    }
}
