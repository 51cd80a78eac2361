/// One connection inside one transaction: what the transactions hand their statements to.
protocol StoreSession: AnyObject {
    /// Which engine answers.
    var dialect: StoreDialect { get }
    /// Runs a statement and returns all rows of its answer.
    func query(_ sql: String, _ arguments: [StoreValue]) throws -> [Row]
    /// Runs a statement and returns the number of rows it changed.
    func execute(_ sql: String, _ arguments: [StoreValue]) throws -> Int
}
