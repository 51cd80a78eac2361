import HeddleModel

/// What a collection holds at one moment.
///
/// Searches read it with the collection's lock shared; the thread that writes changes it with the lock held alone.
struct CollectionContent {
    /// Codes and links; nothing before the range of codes is known.
    var graph: VectorGraph?
    /// All rows by their slots: those of files, then those in memory; the last block grows.
    var blocks: [RowBlock] = []
    /// Slots that were given out.
    var count: UInt32 = 0
    var alive = SlotBits()
    var aliveCount = 0
    var ids: IDTable
    var fields: FieldIndexes
    /// Goes up with every change, so that kept answers are known to be old.
    var version: UInt64 = 0
    var isClosed = false

    /// The block that has a slot.
    func block(_ slot: UInt32) -> RowBlock? { RowFinder(blocks).block(slot) }

    /// The slot of an id.
    func slot(of id: UnsafeRawBufferPointer) -> UInt32? {
        let finder = RowFinder(blocks)
        return ids.slot(ids.hash(id)) { finder.has(id, at: $0) }
    }

    func slot(of id: String) -> UInt32? {
        var id = id
        return id.withUTF8 { slot(of: UnsafeRawBufferPointer($0)) }
    }

    /// Gives a point the next slot.
    mutating func upsert(
        _ id: UnsafeRawBufferPointer,
        _ payload: UnsafeRawBufferPointer,
        _ vector: UnsafeRawBufferPointer
    ) {
        let slot = count
        let finder = RowFinder(blocks)
        let old = ids.update(ids.hash(id), slot: slot) { finder.has(id, at: $0) }
        if let old, alive[old] {
            alive.remove(old)
            aliveCount -= 1
        }
        blocks.last?.append(id: id, payload: payload, vector: vector)
        alive.insert(slot)
        aliveCount += 1
        fields.add(slot, payload: payload)
        count += 1
    }

    /// Removes a point; returns whether it was there.
    mutating func delete(_ id: UnsafeRawBufferPointer) -> Bool {
        let finder = RowFinder(blocks)
        let old = ids.remove(ids.hash(id)) { finder.has(id, at: $0) }
        guard let old, alive[old] else { return false }
        alive.remove(old)
        aliveCount -= 1
        return true
    }

    /// Slots below have links; searches look through the others.
    var linked: UInt32 { graph?.linked ?? 0 }
}

/// Finds the block of a slot.
struct RowFinder {
    private let blocks: [RowBlock]

    init(_ blocks: [RowBlock]) {
        self.blocks = blocks
    }

    func block(_ slot: UInt32) -> RowBlock? {
        var low = 0
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].end <= slot { low = middle + 1 } else { high = middle }
        }
        return low < blocks.count && blocks[low].base <= slot ? blocks[low] : nil
    }

    /// Whether a slot has an id.
    func has(_ id: UnsafeRawBufferPointer, at slot: UInt32) -> Bool {
        block(slot)?.withRow(slot) { own, _ in own.elementsEqual(id) } ?? false
    }
}
