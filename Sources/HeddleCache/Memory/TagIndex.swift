/// Which slots of a shard have a tag: a list for each tag that an entry has, in the order of insertion.
struct TagIndex: ~Copyable {
    static let none = SlotTable.none

    /// That one slot has one tag.
    private struct Link {
        var slot: UInt32
        var record: UInt32
        /// Neighbours in the tag's list.
        var newer: UInt32
        var older: UInt32
        /// The next tag of the slot; in a link that is free the next free one.
        var next: UInt32
    }

    /// A tag that at least one slot has.
    private struct Record {
        var tag: CacheTag
        /// In a record that is free the next free one.
        var newest: UInt32
        var oldest: UInt32
        var count: Int
    }

    private var table = SlotTable(slots: 0)
    private var links: [Link] = []
    private var records: [Record] = []
    private var freeLink = none
    private var freeRecord = none

    private static func hash(_ tag: CacheTag) -> UInt32 { UInt32(truncatingIfNeeded: tag.bits) }

    private func record(_ tag: CacheTag) -> UInt32 {
        table.find(Self.hash(tag)) { records[Int($0)].tag == tag }
    }

    /// How many slots have a tag.
    func count(_ tag: CacheTag) -> Int {
        let record = record(tag)
        return record == Self.none ? 0 : records[Int(record)].count
    }

    /// The slot that has had a tag for the longest time.
    func oldest(_ tag: CacheTag) -> UInt32 {
        let record = record(tag)
        return record == Self.none ? Self.none : links[Int(records[Int(record)].oldest)].slot
    }

    /// The tags of a slot by its first link.
    func tags(_ first: UInt32) -> [CacheTag] {
        var (tags, cursor): ([CacheTag], UInt32) = ([], first)
        while cursor != Self.none {
            tags.append(records[Int(links[Int(cursor)].record)].tag)
            cursor = links[Int(cursor)].next
        }
        return tags
    }

    /// Gives a slot its tags.
    ///
    /// - Returns: the first link, by which they are taken from it.
    mutating func add(_ tags: [CacheTag], to slot: UInt32) -> UInt32 {
        var first = Self.none
        for tag in tags {
            var record = record(tag)
            if record == Self.none { record = newRecord(tag) }
            let link = newLink(
                Link(slot: slot, record: record, newer: Self.none, older: records[Int(record)].newest, next: first)
            )
            let older = records[Int(record)].newest
            if older == Self.none {
                records[Int(record)].oldest = link
            } else {
                links[Int(older)].newer = link
            }
            records[Int(record)].newest = link
            records[Int(record)].count += 1
            first = link
        }
        return first
    }

    /// Takes all tags from a slot.
    mutating func remove(_ first: UInt32) {
        var cursor = first
        while cursor != Self.none {
            let link = links[Int(cursor)]
            let record = Int(link.record)
            if link.newer == Self.none {
                records[record].newest = link.older
            } else {
                links[Int(link.newer)].older = link.older
            }
            if link.older == Self.none {
                records[record].oldest = link.newer
            } else {
                links[Int(link.older)].newer = link.newer
            }
            records[record].count -= 1
            if records[record].count == 0 {
                table.remove(Self.hash(records[record].tag), link.record)
                records[record].newest = freeRecord
                freeRecord = link.record
            }
            links[Int(cursor)].next = freeLink
            freeLink = cursor
            cursor = link.next
        }
    }

    private mutating func newLink(_ link: Link) -> UInt32 {
        let index = freeLink
        guard index != Self.none else {
            links.append(link)
            return UInt32(links.count - 1)
        }
        freeLink = links[Int(index)].next
        links[Int(index)] = link
        return index
    }

    private mutating func newRecord(_ tag: CacheTag) -> UInt32 {
        let record = Record(tag: tag, newest: Self.none, oldest: Self.none, count: 0)
        var index = freeRecord
        if index == Self.none {
            records.append(record)
            index = UInt32(records.count - 1)
        } else {
            freeRecord = records[Int(index)].newest
            records[Int(index)] = record
        }
        table.insert(Self.hash(tag), index)
        return index
    }
}
