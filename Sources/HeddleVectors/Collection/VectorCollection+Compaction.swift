import CHeddleKernels
import HeddleModel

extension VectorCollection {
    /// Makes the collection anew from the points that live, in an order in which near ones are close together.
    ///
    /// Searches and writes go on meanwhile; what is written then is carried over at the end.
    func compact() throws(HeddleError) {
        let frozen = try freeze()
        let old = frozen.content
        if let graph = old.graph, old.aliveCount > settings.exactBelow { try link(graph, upTo: old.count, old.alive) }
        let order = order(of: old)
        let finder = RowFinder(old.blocks)
        var next = manifest
        var fresh = CollectionContent(ids: IDTable(seed: old.ids.seed), fields: FieldIndexes(settings))
        next.rows = manifest.rows.filter { $0.damage != nil && $0.count == 0 }
        if !order.isEmpty {
            let name = newFile("rows")
            let rows = order.lazy.compactMap { slot in finder.block(slot).map { ($0, slot) } }
            let (bytes, count) = try RowBlock.write(rows, to: "\(folder)/\(name)", options.files)
            let block = try RowBlock(
                try CheckedFile("\(folder)/\(name)"),
                base: 0,
                count: count,
                vectorBytes: settings.vectorBytes
            )
            next.rows.append(.init(file: name, base: 0, count: count, bytes: bytes, damage: nil))
            fresh.adopt(block)
        }
        let (scale, shift) = Self.range(settings, RowFinder(fresh.blocks), fresh.alive)
        next.graph = nil
        next.graphSlots = 0
        next.graphLinked = 0
        next.scale = nil
        if old.graph != nil, !order.isEmpty {
            next.scale = scale
            next.shift = shift
            let graph = try relabel(old, fresh, order, scale, shift)
            fresh.graph = graph
            let name = newFile("graph")
            try graph.write(to: "\(folder)/\(name)", slots: Int(fresh.count), options.files)
            next.graph = name
            next.graphSlots = Int(fresh.count)
            next.graphLinked = Int(graph.linked)
        }
        next.state = try writeState(fresh)
        next.slots = Int(fresh.count)
        next.log = frozen.log
        try adopt(&next)
        try exchange(old, fresh, order)
    }

    /// The live slots in their new order.
    private func order(of old: CollectionContent) -> [UInt32] {
        guard let graph = old.graph, graph.linked == old.count else {
            var slots: [UInt32] = []
            old.alive.visit { slots.append($0) }
            return slots
        }
        var dead = SlotBits(all: Int(old.count))
        dead.subtract(old.alive)
        return [UInt32](unsafeUninitializedCapacity: Int(old.count)) { buffer, count in
            count = heddle_graph_order(graph.pointer, old.count, dead.words, buffer.baseAddress)
        }
    }

    /// The graph of the points that live, with the links that they had.
    private func relabel(
        _ old: CollectionContent,
        _ fresh: CollectionContent,
        _ order: [UInt32],
        _ scale: Float,
        _ shift: Float
    ) throws(HeddleError) -> VectorGraph {
        let graph = try VectorGraph(settings, scale: scale, shift: shift, slots: order.count)
        var numbers: [Float] = []
        for block in fresh.blocks {
            for slot in block.base..<block.end {
                settings.readNumbers(block.vector(slot), into: &numbers)
                graph.encode(slot, numbers)
            }
        }
        guard let source = old.graph, source.linked == old.count else { return graph }
        let number = heddle_graph_relabel(
            graph.pointer,
            source.pointer,
            old.count,
            order,
            UInt32(order.count),
            UInt32(options.threads)
        )
        guard number == 0 else { throw FileAccess.failure("relabel", "graph", number) }
        graph.linked = UInt32(order.count)
        return graph
    }

    /// Puts the new content in the place of the old, with what was written since `old` was frozen.
    private func exchange(
        _ old: CollectionContent,
        _ prepared: CollectionContent,
        _ order: [UInt32]
    ) throws(HeddleError) {
        try onWriter { () throws(HeddleError) in
            var fresh = prepared
            // Points that were deleted or replaced meanwhile.
            for (slot, source) in order.enumerated() where !self.content.alive[source] { fresh.bury(UInt32(slot)) }
            let late = self.content.blocks.filter { $0.base >= old.count && $0.file == nil }
            if let graph = fresh.graph {
                guard Int(fresh.count) + Int(self.content.count - old.count) <= graph.capacity else {
                    throw HeddleError(.storageFull, "the collection's memory is used up")
                }
                var slot = fresh.count
                for block in late {
                    for source in block.base..<block.end {
                        self.encode(block.vector(source), slot, graph)
                        slot += 1
                    }
                }
            }
            self.writerChanges.clipped = 0
            self.writerChanges.encoded = 0
            self.lock.write {
                for block in late {
                    let alive = (block.base..<block.end).map { self.content.alive[$0] }
                    block.base = fresh.count
                    fresh.take(block, alive: alive)
                }
                fresh.version = self.content.version + 1
                fresh.isClosed = self.content.isClosed
                self.content = fresh
            }
        }
    }
}

extension CollectionContent {
    /// Takes all rows of a file over as live points.
    mutating func adopt(_ block: RowBlock) {
        blocks.append(block)
        ids = IDTable(seed: ids.seed, capacity: block.count * 8 / 5)
        for slot in block.base..<block.end {
            block.withRow(slot) { id, payload in
                _ = ids.update(ids.hash(id), slot: slot) { _ in false }
                fields.add(slot, payload: payload)
            }
        }
        count = block.end
        alive = SlotBits(all: Int(count))
        aliveCount = Int(count)
    }

    /// Forgets a point.
    mutating func bury(_ slot: UInt32) {
        guard alive[slot], let block = block(slot) else { return }
        alive.remove(slot)
        aliveCount -= 1
        block.withRow(slot) { id, _ in
            _ = ids.remove(ids.hash(id)) { $0 == slot }
        }
    }

    /// Takes over the rows of a block that begins at the next slot.
    mutating func take(_ block: RowBlock, alive flags: [Bool]) {
        blocks.append(block)
        for (index, isAlive) in flags.enumerated() {
            let slot = block.base + UInt32(index)
            alive.insert(slot)
            if !isAlive {
                alive.remove(slot)
            } else {
                aliveCount += 1
                let finder = RowFinder(blocks)
                block.withRow(slot) { id, payload in
                    _ = ids.update(ids.hash(id), slot: slot) { finder.has(id, at: $0) }
                    fields.add(slot, payload: payload)
                }
            }
            count += 1
        }
    }
}
