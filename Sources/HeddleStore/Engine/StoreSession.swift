/// One connection inside one transaction: what the transactions hand their statements to.
protocol StoreSession: AnyObject {
    /// Which engine answers.
    var dialect: StoreDialect { get }
    /// Runs a statement and returns all rows of its answer.
    func query(_ sql: String, _ arguments: [StoreValue]) throws -> [Row]
    /// Runs a statement and returns the number of rows it changed.
    func execute(_ sql: String, _ arguments: [StoreValue]) throws -> Int
    /// Runs a statement once for each row of arguments and returns the numbers of rows it changed.
    func execute(_ sql: String, forEach rows: [[StoreValue]]) throws -> [Int]
}
