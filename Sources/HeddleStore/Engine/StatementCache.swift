/// The prepared statements of one connection by their portable text: the recently used ones, within a bound.
///
/// Two generations make it cheap: a statement that is used moves to the young one, and when that is full the old one
/// goes.
struct StatementCache<Entry> {
    private let generationSize: Int
    private var young: [String: Entry] = [:]
    private var old: [String: Entry] = [:]

    init(capacity: Int) {
        generationSize = max(1, capacity / 2)
    }

    var count: Int {
        young.count + old.count
    }

    /// The statement of a text, which is recently used from now on, and those that go for it.
    mutating func entry(for text: String) -> (entry: Entry, dropped: [Entry])? {
        if let entry = young[text] {
            return (entry, [])
        }
        guard let entry = old.removeValue(forKey: text) else { return nil }
        return (entry, insert(entry, for: text))
    }

    /// Keeps a statement and returns those that go for it.
    @discardableResult
    mutating func insert(
        _ entry: Entry,
        for text: String
    ) -> [Entry] {
        var dropped: [Entry] = []
        if young.count >= generationSize {
            dropped = Array(old.values)
            old = young
            young = [:]
        }
        young[text] = entry
        return dropped
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
