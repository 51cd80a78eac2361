import CHeddleKernels
package import HeddleModel

extension VectorCollection {
    /// The points that are nearest to a vector, the best first.
    ///
    /// It runs on the calling thread, for microseconds to milliseconds.
    ///
    /// - Parameter query: What is asked for.
    /// - Returns: At most `limit` points; fewer when there are not more.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, `.collectionNotFound`.
    package func search(_ query: VectorQuery) throws(HeddleError) -> [VectorMatch] {
        try query.validate(for: settings)
        guard let scratch = searches.take() else {
            throw HeddleError(.internalError, "there is no memory for a search")
        }
        defer { searches.give(scratch) }
        var vector = query.vector
        if settings.metric == .cosine { vector.withUnsafeMutableBufferPointer { VectorSettings.normalize($0) } }
        samples.add(vector)
        let ef = self.ef(for: query)
        return try lock.read { () throws(HeddleError) in
            try checkOpen()
            var ranked = Ranking(keep: query.offset + query.limit)
            if let filter = query.filter {
                var allowed = try content.fields.slots(filter, alive: content.alive) { content.slot(of: $0) }
                allowed.extend(to: Int(content.count))
                find(vector, query, ef, allowed, allowed.count, scratch, &ranked)
            } else {
                find(vector, query, ef, content.alive, content.aliveCount, scratch, &ranked)
            }
            return matches(query, ranked)
        }
    }

    /// How many candidates a walk keeps.
    func ef(for query: VectorQuery) -> Int {
        let wanted = query.offset + query.limit
        if let ef = query.ef { return max(ef, wanted) }
        if let recall = query.recall {
            // Other queries than those that were measured may find a little less: half of what is left is added.
            let thousandths = Int(((1 + recall) / 2 * 1_000).rounded(.down))
            let recalls = keeper.change { $0.files.recalls }
            let enough = recalls.filter { $0.value >= thousandths }.keys.min()
            return max(enough ?? recalls.keys.max() ?? 256, wanted)
        }
        return max(min(wanted * 4, 200), wanted)
    }

    /// How many of the candidates are measured in full precision.
    private func measured(_ wanted: Int, _ ef: Int) -> Int {
        switch settings.quantization {
        case .none: wanted
        case .float16: min(ef, wanted + 4)
        case .int8: min(ef, max(wanted + wanted / 2, wanted + 10))
        case .binary: ef
        }
    }

    private func find(
        _ vector: [Float],
        _ query: VectorQuery,
        _ ef: Int,
        _ allowed: SlotBits,
        _ count: Int,
        _ scratch: SearchPool.Scratch,
        _ ranked: inout Ranking
    ) {
        let wanted = query.offset + query.limit
        guard count > 0 else { return }
        guard !query.exact, count > settings.exactBelow, let graph = content.graph, count > wanted else {
            measureAll(vector, allowed, &ranked)
            return
        }
        // A filter that leaves little is answered by looking at what it leaves.
        let walk = ef * 24 * Int(content.count) / max(count, 1)
        let looks = count * (settings.quantization == .none ? 2 : 1)
        let isFiltered = query.filter != nil
        let looksAtAll = isFiltered && looks < walk * 2
        let keep = looksAtAll || isFiltered ? max(measured(wanted, ef), min(wanted * 3, 10_000)) : measured(wanted, ef)
        let limit = content.count
        let error = vector.withUnsafeBufferPointer { numbers in
            heddle_search_begin(scratch.pointer, graph.pointer, numbers.baseAddress, keep, limit)
        }
        guard error == 0 else {
            measureAll(vector, allowed, &ranked)
            return
        }
        let needsCheck = isFiltered || content.aliveCount < Int(content.count)
        allowed.words.withUnsafeBufferPointer { words in
            let bits = needsCheck ? words.baseAddress : nil
            if looksAtAll {
                heddle_search_range(scratch.pointer, graph.pointer, 0, limit, bits)
            } else {
                // Without memory the walk finds less; the range behind it is looked through all the same.
                _ = heddle_search_walk(scratch.pointer, graph.pointer, ef, bits)
                heddle_search_range(scratch.pointer, graph.pointer, min(graph.linked, limit), limit, bits)
            }
        }
        let slots = [UInt32](unsafeUninitializedCapacity: max(keep, ef) + 1) { buffer, count in
            count = heddle_search_results(scratch.pointer, buffer.baseAddress)
        }
        measure(vector, slots, &ranked)
    }

    /// Measures every allowed vector in full precision.
    private func measureAll(_ vector: [Float], _ allowed: SlotBits, _ ranked: inout Ranking) {
        var slots: [UInt32] = []
        slots.reserveCapacity(256)
        for index in allowed.words.indices {
            var word = allowed.words[index]
            while word != 0 {
                slots.append(UInt32(index * 64 + word.trailingZeroBitCount))
                word &= word - 1
            }
            if slots.count >= 192 || index == allowed.words.count - 1 {
                measure(vector, slots, &ranked)
                slots.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Measures some vectors in full precision.
    private func measure(_ vector: [Float], _ slots: [UInt32], _ ranked: inout Ranking) {
        var rows: [UnsafeRawPointer?] = []
        rows.reserveCapacity(slots.count)
        var known: [UInt32] = []
        known.reserveCapacity(slots.count)
        let blocks = RowFinder(content.blocks)
        for slot in slots {
            guard let block = blocks.block(slot) else { continue }
            rows.append(block.vector(slot))
            known.append(slot)
        }
        let measure =
            switch settings.metric {
            case .cosine: HEDDLE_MEASURE_COSINE
            case .dot: HEDDLE_MEASURE_DOT
            case .l2: HEDDLE_MEASURE_L2
            }
        let scores = [Float](unsafeUninitializedCapacity: rows.count) { buffer, count in
            count = rows.count
            heddle_measure_rows(
                measure,
                settings.precision == .float16 ? 1 : 0,
                vector,
                settings.dimension,
                rows,
                rows.count,
                buffer.baseAddress
            )
        }
        for (slot, score) in zip(known, scores) {
            ranked.insert(slot, settings.metric.isSimilarity ? -score : score)
        }
    }

    private func matches(_ query: VectorQuery, _ ranked: Ranking) -> [VectorMatch] {
        var matches: [VectorMatch] = []
        matches.reserveCapacity(query.limit)
        for entry in ranked.entries.dropFirst(query.offset).prefix(query.limit) {
            let score = settings.metric.isSimilarity ? -entry.distance : entry.distance.squareRoot()
            if let threshold = query.scoreThreshold {
                guard settings.metric.isSimilarity ? score >= threshold : score <= threshold else { break }
            }
            guard let match = match(entry.slot, score, query.withPayload, query.withVector) else { continue }
            matches.append(match)
        }
        return matches
    }

    /// A point as it is answered; nothing where its record is damaged.
    func match(_ slot: UInt32, _ score: Float, _ withPayload: Bool, _ withVector: Bool) -> VectorMatch? {
        guard let block = content.block(slot) else { return nil }
        if block.file != nil, !block.isIntact(slot) {
            keeper.change { $0.isSuspicious = true }
            return nil
        }
        return block.withRow(slot) { id, payload in
            VectorMatch(
                id: String(decoding: id, as: UTF8.self),
                score: score,
                payload: withPayload ? Array(payload) : [],
                vector: withVector ? block.numbers(slot, settings) : []
            )
        }
    }
}

/// The best of what was measured, in order.
struct Ranking {
    private(set) var entries: [(slot: UInt32, distance: Float)] = []
    let keep: Int

    init(keep: Int) {
        self.keep = keep
        entries.reserveCapacity(min(keep, 256) + 1)
    }

    mutating func insert(_ slot: UInt32, _ distance: Float) {
        if entries.count == keep, let last = entries.last, distance >= last.distance { return }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].distance <= distance { low = middle + 1 } else { high = middle }
        }
        entries.insert((slot, distance), at: low)
        if entries.count > keep { entries.removeLast() }
    }
}
