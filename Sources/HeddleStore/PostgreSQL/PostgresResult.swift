import CPostgres
import HeddleModel

/// What the server answered to one command.
final class PostgresResult {
    /// A column that is of no type the store knows; only logs see it.
    struct UnknownType: Error {
        let column: String
        let type: PostgresType
    }

    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        PQclear(handle)
    }

    /// The number of rows that a statement changed.
    var changes: Int {
        Int(String(cString: PQcmdTuples(handle))) ?? 0
    }

    /// What the server says it did, such as `COMMIT`.
    var command: String {
        String(cString: PQcmdStatus(handle))
    }

    var rowCount: Int {
        Int(PQntuples(handle))
    }

    /// The number of columns that the statement answers with.
    var columnCount: Int {
        Int(PQnfields(handle))
    }

    /// The names of the columns.
    var columnNames: [String] {
        (0..<PQnfields(handle)).map { PQfname(handle, $0).map { String(cString: $0) } ?? "" }
    }

    /// The types of the columns.
    var columnTypes: [PostgresType] {
        (0..<PQnfields(handle)).map { PostgresType(PQftype(handle, $0)) }
    }

    /// The types of the arguments of a statement that was described.
    var argumentTypes: [PostgresType] {
        (0..<PQnparams(handle)).map { PostgresType(PQparamtype(handle, $0)) }
    }

    /// All rows.
    ///
    /// - Throws: ``HeddleError`` with `.internalError` when a column is of a type that the store does not know.
    func rows(
        _ layout: Row.Layout,
        _ types: [PostgresType]
    ) throws(HeddleError) -> [Row] {
        let count = PQntuples(handle)
        var rows: [Row] = []
        rows.reserveCapacity(Int(count))
        for row in 0..<count {
            var values: [StoreValue] = []
            values.reserveCapacity(types.count)
            for (column, type) in types.enumerated() {
                guard let value = value(row, Int32(column), type) else {
                    throw HeddleError(
                        .internalError,
                        "the store answered with a type it does not know",
                        cause: UnknownType(column: layout.names[column], type: type)
                    )
                }
                values.append(value)
            }
            rows.append(Row(layout: layout, values: values))
        }
        return rows
    }

    /// The text of a field, for the store's own statements.
    func text(
        _ row: Int,
        _ column: Int
    ) -> String? {
        guard row < rowCount, PQgetisnull(handle, Int32(row), Int32(column)) == 0 else { return nil }
        return PQgetvalue(handle, Int32(row), Int32(column)).map { String(cString: $0) }
    }

    /// A field; nothing when its type is unknown.
    func value(
        _ row: Int32,
        _ column: Int32,
        _ type: PostgresType
    ) -> StoreValue? {
        if PQgetisnull(handle, row, column) != 0 { return .null }
        guard let pointer = PQgetvalue(handle, row, column) else { return .null }
        let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(PQgetlength(handle, row, column)))
        return switch type {
        case .int8: .integer(Int64(bitPattern: PostgresBytes.number(bytes)))
        case .text: .text(String(decoding: bytes, as: UTF8.self))
        case .int4: .integer(Int64(Int32(truncatingIfNeeded: PostgresBytes.number(bytes))))
        case .int2: .integer(Int64(Int16(truncatingIfNeeded: PostgresBytes.number(bytes))))
        case .boolean: .integer(PostgresBytes.number(bytes) == 0 ? 0 : 1)
        case .bytea: .blob([UInt8](bytes))
        case .float8: .real(Double(bitPattern: PostgresBytes.number(bytes)))
        case .float4: .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: PostgresBytes.number(bytes)))))
        case .numeric: PostgresBytes.numeric(bytes)
        case .uuid: .text(PostgresBytes.uuid(bytes))
        // One byte says which form of JSON follows; there is one.
        case .jsonb: .text(String(decoding: bytes.dropFirst(), as: UTF8.self))
        case .unsigned4, .unsigned8: .integer(Int64(bitPattern: PostgresBytes.number(bytes)))
        case .void: .null
        case .other: nil
        }
    }
}
