package import HeddleModel

/// One row of an answer, with its values by column name.
///
/// Name the columns that a query computes (`count(*) AS total`): engines disagree about names they make up.
package struct Row: Sendable {
    /// The names of the columns, shared by all rows of one answer.
    final class Layout: Sendable {
        let names: [String]
        private let indexes: [String: Int]

        init(names: [String]) {
            self.names = names
            indexes = Dictionary(zip(names, names.indices)) { first, _ in first }
        }

        func index(of name: String) -> Int? {
            indexes[name]
        }
    }

    private let layout: Layout
    /// The values from left to right.
    package let values: [StoreValue]

    init(layout: Layout, values: [StoreValue]) {
        self.layout = layout
        self.values = values
    }

    /// The names of the columns from left to right.
    package var columns: [String] {
        layout.names
    }

    /// The value of a column, whatever its type.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the answer has no such column.
    package func value(_ column: String) throws(HeddleError) -> StoreValue {
        guard let index = layout.index(of: column), index < values.count else {
            throw Self.mismatch(column, "is not in the answer")
        }
        return values[index]
    }

    private static func mismatch(_ column: String, _ fault: String) -> HeddleError {
        HeddleError(
            .internalError,
            "the store answered with a row of another shape",
            cause: RowMismatch(column: column, fault: fault)
        )
    }

    private func present<T>(
        _ column: String,
        _ value: T?
    ) throws(HeddleError) -> T {
        guard let value else { throw Self.mismatch(column, "is null") }
        return value
    }
}

extension Row {
    /// The text of a column that is never null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing, null or of another type.
    package func text(_ column: String) throws(HeddleError) -> String {
        try present(column, try textIfPresent(column))
    }

    /// The text of a column, or nil for null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing or of another type.
    package func textIfPresent(_ column: String) throws(HeddleError) -> String? {
        switch try value(column) {
        case .null: nil
        case .text(let text): text
        case .integer, .real, .blob: throw Self.mismatch(column, "is not text")
        }
    }

    /// The integer of a column that is never null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing, null or of another type.
    package func integer(_ column: String) throws(HeddleError) -> Int64 {
        try present(column, try integerIfPresent(column))
    }

    /// The integer of a column, or nil for null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing or of another type.
    package func integerIfPresent(_ column: String) throws(HeddleError) -> Int64? {
        switch try value(column) {
        case .null: nil
        case .integer(let integer): integer
        case .text, .real, .blob: throw Self.mismatch(column, "is not an integer")
        }
    }

    /// The truth of a column that holds 0 or 1 and is never null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing, null or of another type.
    package func boolean(_ column: String) throws(HeddleError) -> Bool {
        try integer(column) != 0
    }

    /// The real number of a column that is never null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing, null or not a number.
    package func real(_ column: String) throws(HeddleError) -> Double {
        try present(column, try realIfPresent(column))
    }

    /// The real number of a column, or nil for null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing or not a number.
    package func realIfPresent(_ column: String) throws(HeddleError) -> Double? {
        switch try value(column) {
        case .null: nil
        case .real(let real): real
        // An engine may answer a whole sum or average as an integer.
        case .integer(let integer): Double(integer)
        case .text, .blob: throw Self.mismatch(column, "is not a number")
        }
    }

    /// The bytes of a column that is never null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing, null or of another type.
    package func blob(_ column: String) throws(HeddleError) -> [UInt8] {
        try present(column, try blobIfPresent(column))
    }

    /// The bytes of a column, or nil for null.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when the column is missing or of another type.
    package func blobIfPresent(_ column: String) throws(HeddleError) -> [UInt8]? {
        switch try value(column) {
        case .null: nil
        case .blob(let bytes): bytes
        case .text, .integer, .real: throw Self.mismatch(column, "is not a blob")
        }
    }
}

/// What a repository expected of a column and did not get; only logs see it.
struct RowMismatch: Error {
    let column: String
    let fault: String
}
