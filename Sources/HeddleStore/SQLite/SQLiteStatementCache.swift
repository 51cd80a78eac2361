import GRDB

/// The prepared statements of one connection by their portable text: the recently used ones, within a bound.
///
/// Two generations make it cheap: a statement that is used moves to the young one, and when that is full the old one
/// goes.
struct SQLiteStatementCache {
    struct Entry {
        let sql: PortableSQL
        let statement: Statement
        let layout: Row.Layout
    }

    private let generationSize: Int
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]

    init(capacity: Int) {
        generationSize = max(1, capacity / 2)
    }

    var count: Int {
        young.count + old.count
    }

    mutating func entry(for text: String) -> Entry? {
        if let entry = young[text] {
            return entry
        }
        guard let entry = old.removeValue(forKey: text) else { return nil }
        insert(entry, for: text)
        return entry
    }

    mutating func insert(
        _ entry: Entry,
        for text: String
    ) {
        if young.count >= generationSize {
            old = young
            young = [:]
        }
        young[text] = entry
    }

    mutating func remove(_ text: String) {
        young[text] = nil
        old[text] = nil
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}
