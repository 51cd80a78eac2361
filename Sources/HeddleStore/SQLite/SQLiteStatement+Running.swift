import GRDB
import GRDBSQLite

/// A statement while it runs: values go from ours to SQLite's and back without a stop at GRDB's in between.
extension SQLiteStatement {
    /// Gives all placeholders their values, the first to `?1`.
    ///
    /// Texts lie in the scratch until the statement runs again or is reset, so that nothing else may be bound on the
    /// connection meanwhile.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest` for what the engines cannot store alike, or an error of SQLite.
    func bind(_ arguments: [StoreValue], _ scratch: SQLiteScratch) throws {
        scratch.clear()
        for (index, argument) in arguments.enumerated() {
            try argument.check()
            let code = bind(argument, at: Int32(index + 1), scratch)
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    /// Goes to the next row of the answer; false when there is none.
    ///
    /// - Throws: an error of SQLite.
    func step() throws -> Bool {
        switch sqlite3_step(statement.sqliteStatement) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let code: throw failure(code)
        }
    }

    /// Makes the statement ready to run again.
    func rewind() {
        // It says again what the last step said, which was told.
        sqlite3_reset(statement.sqliteStatement)
    }

    /// Makes the statement ready to run again, without the values it had.
    func reset() {
        rewind()
        sqlite3_clear_bindings(statement.sqliteStatement)
    }

    /// The values of the present row, from left to right.
    var values: [StoreValue] {
        let count = sqlite3_column_count(statement.sqliteStatement)
        return [StoreValue](unsafeUninitializedCapacity: Int(count)) { values, initialized in
            for index in 0..<count {
                values.initializeElement(at: Int(index), to: value(at: index))
                initialized += 1
            }
        }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: sqlite3_errmsg(sqlite3_db_handle(statement.sqliteStatement)).map { String(cString: $0) }
        )
    }

    /// SQLite copies what it is given with this.
    private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    private func bind(_ value: StoreValue, at index: Int32, _ scratch: SQLiteScratch) -> Int32 {
        let statement = statement.sqliteStatement
        switch value {
        case .null: return sqlite3_bind_null(statement, index)
        case .integer(let integer): return sqlite3_bind_int64(statement, index, integer)
        case .real(let real): return sqlite3_bind_double(statement, index, real)
        case .text(let text):
            // SQLite would make a copy of its own for each text, and give its memory back afterwards.
            if let kept = scratch.keep(text) {
                return sqlite3_bind_text(statement, index, kept.start, kept.count, nil)
            }
            return sqlite3_bind_text(statement, index, text, Int32(text.utf8.count), transient)
        case .blob(let bytes):
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob(statement, index, $0.baseAddress, Int32($0.count), transient)
            }
        }
    }

    private func value(at index: Int32) -> StoreValue {
        let statement = statement.sqliteStatement
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, index))
        case SQLITE_TEXT:
            let start = sqlite3_column_text(statement, index)
            let count = Int(sqlite3_column_bytes(statement, index))
            return .text(String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(statement, index)
            let count = Int(sqlite3_column_bytes(statement, index))
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: count)))
        default: return .null
        }
    }
}
