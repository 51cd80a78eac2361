/// The calls that wait, in the order in which they came, by priority and by capability and priority.
///
/// A pool of entries whose links are numbers: an entry that left is used again, so a queue that has been long once needs no
/// more memory.
struct WaitingCalls: Sendable {
    struct Entry: Sendable {
        var ticket: UInt64
        var capability: Int32
        var priority: Int8
        /// Who has the least goes first.
        var rank: IndexedHeap.Key
        var deadline: Moment?
        /// The neighbours in the list of the priority, and in that of the capability and priority.
        var links = InlineArray<2, Links>(repeating: Links())
    }

    struct Links: Sendable {
        var previous: Int32 = -1
        var next: Int32 = -1
    }

    /// The ends of a list.
    struct List: Sendable {
        var first: Int32 = -1
        var last: Int32 = -1
        var count: Int32 = 0
    }

    private static let shared = 0
    private static let own = 1

    private(set) var entries: [Entry] = []
    private var free: [Int32] = []
    private var numbers: [UInt64: Int32] = [:]
    /// One list a priority, the highest first.
    private(set) var all = InlineArray<3, List>(repeating: List())

    var count: Int { numbers.count }

    func number(of ticket: UInt64) -> Int32? { numbers[ticket] }

    subscript(_ number: Int32) -> Entry { entries[Int(number)] }

    /// Puts a call at the end of its two lists.
    mutating func append(_ entry: Entry, to own: inout List) -> Int32 {
        let number: Int32
        if let used = free.popLast() {
            number = used
            entries[Int(used)] = entry
        } else {
            number = Int32(entries.count)
            entries.append(entry)
        }
        numbers[entry.ticket] = number
        all[Int(entry.priority)] = link(number, Self.shared, all[Int(entry.priority)])
        own = link(number, Self.own, own)
        return number
    }

    /// Takes a call out of its two lists.
    mutating func remove(_ number: Int32, from own: inout List) -> Entry {
        let entry = entries[Int(number)]
        all[Int(entry.priority)] = unlink(number, Self.shared, all[Int(entry.priority)])
        own = unlink(number, Self.own, own)
        numbers[entry.ticket] = nil
        free.append(number)
        return entry
    }

    private mutating func link(_ number: Int32, _ kind: Int, _ list: List) -> List {
        entries[Int(number)].links[kind] = Links(previous: list.last, next: -1)
        if list.last >= 0 { entries[Int(list.last)].links[kind].next = number }
        return List(first: list.first >= 0 ? list.first : number, last: number, count: list.count + 1)
    }

    private mutating func unlink(_ number: Int32, _ kind: Int, _ list: List) -> List {
        let links = entries[Int(number)].links[kind]
        if links.previous >= 0 { entries[Int(links.previous)].links[kind].next = links.next }
        if links.next >= 0 { entries[Int(links.next)].links[kind].previous = links.previous }
        return List(
            first: links.previous >= 0 ? list.first : links.next,
            last: links.next >= 0 ? list.last : links.previous,
            count: list.count - 1
        )
    }
}
