import HeddleStore

/// The words of contexts on SQLite; whoever changes a context's text changes them.
enum ContextSearchRepository {
    static func insert(_ texts: [(sequence: Int64, text: String)], _ tx: WriteTransaction) throws {
        try tx.execute(
            "INSERT INTO context_search (rowid, search_text) VALUES ($1, $2)",
            forEach: texts.map { [.integer($0.sequence), .text($0.text)] }
        )
    }

    /// Removes the words of a context whose row still has them; they have to be those that were inserted.
    static func delete(_ sequence: Int64, _ tx: WriteTransaction) throws {
        let row = try tx.first("SELECT search_text FROM context WHERE sequence = $1", [.integer(sequence)])
        guard let row else { return }
        try tx.execute(
            "INSERT INTO context_search (context_search, rowid, search_text) VALUES ('delete', $1, $2)",
            [.integer(sequence), .text(try row.text("search_text"))]
        )
    }
}
