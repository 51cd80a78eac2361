import Crypto
import HeddleModel
import HeddleStore

/// The labels of contexts on SQLite, as numbers: short keys that are compared at once.
///
/// Nothing refers to a row, so that whoever changes a context changes its labels. A row that no context has any more does
/// no harm, since numbers of contexts are used once.
enum ContextLabelRepository {
    /// The number that stands for a label of a tenant: the first eight bytes of a SHA-256.
    ///
    /// Two of a million labels have one number with a chance of one in thirty million. What is found by a number is held
    /// against the label itself before it is shown.
    static func number(_ label: ContextLabel, _ tenant: TenantID) -> Int64 {
        var hash = SHA256()
        func add(_ text: String) {
            var text = text
            text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        }
        add(tenant.rawValue)
        add("\u{0}")
        add(label.text)
        let number = hash.finalize().prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int64(bitPattern: number)
    }

    /// The numbers of some labels, each once.
    static func numbers(_ labels: some Sequence<ContextLabel>, _ tenant: TenantID) -> Set<Int64> {
        Set(labels.map { number($0, tenant) })
    }

    /// Inserts the labels of contexts by their sequences.
    static func insert(_ labels: [(sequence: Int64, numbers: Set<Int64>)], _ tx: WriteTransaction) throws {
        var rows: [(label: Int64, sequence: Int64)] = []
        rows.reserveCapacity(labels.count * 4)
        for (sequence, numbers) in labels {
            for number in numbers { rows.append((number, sequence)) }
        }
        // In the order in which they lie, so that a page is looked for once.
        rows.sort { $0 < $1 }
        try tx.execute(
            "INSERT INTO context_label (label, sequence) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            forEach: rows.map { [.integer($0.label), .integer($0.sequence)] }
        )
    }

    static func delete(_ numbers: Set<Int64>, of sequence: Int64, _ tx: WriteTransaction) throws {
        try tx.execute(
            "DELETE FROM context_label WHERE label = $1 AND sequence = $2",
            forEach: numbers.map { [.integer($0), .integer(sequence)] }
        )
    }

    /// How many contexts have a label, as far as they are counted.
    static func count(_ number: Int64, most: Int, _ tx: ReadTransaction) throws -> Int {
        try tx
            .first(
                "SELECT count(*) AS found FROM (SELECT 1 FROM context_label WHERE label = $1 LIMIT $2)",
                [.integer(number), StoreValue(most)]
            )
            .map { Int(try $0.integer("found")) } ?? 0
    }
}
