import CHeddleKernels
import HeddleModel

extension VectorCollection {
    /// The most points of one request.
    package static let maximumBatch = 10_000

    /// Stores points, in place of those with the same ids; all of them or none.
    ///
    /// When this returns, they are on the disk and searches find them.
    ///
    /// - Parameter points: At most 10,000, each id once.
    /// - Returns: How many were stored.
    /// - Throws: ``HeddleError`` with `.invalidRequest` for points that the collection cannot hold, `.storageFull`,
    ///   `.overloaded`, `.collectionNotFound`.
    @discardableResult
    package func upsert(_ points: [VectorPoint]) async throws -> WriteOutcome {
        try Self.checkCount(points.count)
        var ids: Set<String> = []
        ids.reserveCapacity(points.count)
        for point in points {
            try point.validate(for: settings)
            guard ids.insert(point.id).inserted else {
                throw HeddleError(.invalidRequest, "an id is twice in one batch", details: ["id": point.id])
            }
        }
        return try await write(LogRecord(points.map { PointChange($0, settings) }))
    }

    /// Deletes points; ids that are not there change nothing.
    ///
    /// - Parameter ids: At most 10,000.
    /// - Returns: How many were there.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, `.storageFull`, `.overloaded`, `.collectionNotFound`.
    @discardableResult
    package func delete(_ ids: [String]) async throws -> WriteOutcome {
        try Self.checkCount(ids.count)
        for id in ids { try VectorPoint.validate(id: id) }
        return try await write(LogRecord(ids.map { .delete(id: Array($0.utf8)) }))
    }

    private static func checkCount(_ count: Int) throws(HeddleError) {
        guard count <= maximumBatch else {
            throw HeddleError(
                .invalidRequest,
                "a batch has at most \(maximumBatch) points",
                details: ["field": "points", "limit": String(maximumBatch)]
            )
        }
    }

    private func write(_ record: LogRecord) async throws -> WriteOutcome {
        guard !record.changes.isEmpty else { return WriteOutcome() }
        let size = record.changes.reduce(LogRecord.headerBytes) { $0 + $1.size }
        return try await withCheckedThrowingContinuation { caller in
            let refusal = writer.change { queue -> HeddleError? in
                guard !queue.isStopping else {
                    return HeddleError(.collectionNotFound, "the collection is closed or was dropped")
                }
                // One request is always let in, however large it is.
                guard queue.bytes == 0 || queue.bytes + size <= options.queueBytes else {
                    return HeddleError(
                        .overloaded,
                        "too many writes wait for the collection's log",
                        details: ["limit": String(options.queueBytes)]
                    )
                }
                queue.bytes += size
                queue.items.append(.write(record, size: size) { caller.resume(with: $0) })
                return nil
            }
            if let refusal { caller.resume(throwing: refusal) }
        }
    }

    /// Runs something on the thread that writes, between two writes, and waits for it; for the other thread.
    func onWriter<Value: Sendable>(_ body: @escaping @Sendable () throws(HeddleError) -> Value) throws(HeddleError)
        -> Value
    {
        let answer = Signal<Result<Value, HeddleError>?>(nil)
        let isQueued = writer.change { queue in
            guard !queue.hasStopped else { return false }
            queue.items.append(
                .job {
                    let result: Result<Value, HeddleError>
                    do throws(HeddleError) { result = .success(try body()) } catch { result = .failure(error) }
                    answer.change { $0 = result }
                }
            )
            return true
        }
        guard isQueued else { throw HeddleError(.collectionNotFound, "the collection is closed or was dropped") }
        return try answer.wait { $0 }.get()
    }

    /// The loop of the thread that writes.
    func runWriter() {
        while true {
            let items = writer.wait { queue -> [WriterQueue.Item]? in
                if let items = queue.next() { return items }
                guard queue.isStopping else { return nil }
                queue.hasStopped = true
                return []
            }
            guard let first = items.first else { return }
            switch first {
            case .job(let body): body()
            case .write: commit(items)
            }
        }
    }

    /// Puts requests into the log with one sync, applies them and answers.
    private func commit(_ items: [WriterQueue.Item]) {
        var records: [(LogRecord, @Sendable (Result<WriteOutcome, HeddleError>) -> Void)] = []
        for case .write(let record, _, let answer) in items { records.append((record, answer)) }
        do throws(HeddleError) {
            try append(records.map(\.0))
        } catch {
            for (_, answer) in records { answer(.failure(error)) }
            return
        }
        for (record, answer) in records {
            let result: Result<WriteOutcome, HeddleError>
            do throws(HeddleError) {
                result = .success(try apply(record))
            } catch {
                // The log has it, the memory not: only a new start brings both together.
                writerFailure = error
                result = .failure(error)
            }
            answer(result)
        }
        tellKeeper()
    }

    private func append(_ records: [LogRecord]) throws(HeddleError) {
        if let writerFailure { throw writerFailure }
        var bytes: [UInt8] = []
        var sequence = writerSequence
        for record in records {
            sequence += 1
            let encoded = record.encoded(sequence: sequence)
            if bytes.isEmpty { bytes = encoded } else { bytes.append(contentsOf: encoded) }
        }
        do throws(HeddleError) {
            try log.write(bytes)
        } catch {
            log.truncate()
            throw error
        }
        do throws(HeddleError) {
            try log.sync()
        } catch {
            writerFailure = error
            throw error
        }
        writerSequence = sequence
    }

    /// Makes the changes of a record visible, all at once.
    func apply(_ record: LogRecord) throws(HeddleError) -> WriteOutcome {
        var outcome = WriteOutcome()
        var upserts = 0
        for case .upsert(_, _, let vector) in record.changes {
            try beginBlock()
            if let graph = content.graph { try encode(vector, content.count + UInt32(upserts), graph) }
            upserts += 1
        }
        guard Int(content.count) + upserts <= VectorGraph.maximumSlots else {
            throw HeddleError(
                .storageFull,
                "a collection has at most \(VectorGraph.maximumSlots) points",
                details: ["limit": String(VectorGraph.maximumSlots)]
            )
        }
        try lock.write { () throws(HeddleError) in
            for change in record.changes {
                switch change {
                case .upsert(let id, let payload, let vector):
                    if let block = content.blocks.last,
                        !block.hasRoom(for: RowBlock.recordHeader + id.count + payload.count)
                    {
                        content.blocks.append(try newBlock(at: content.count))
                    }
                    id.withUnsafeBytes { id in
                        payload.withUnsafeBytes { payload in
                            vector.withUnsafeBytes { content.upsert(id, payload, $0) }
                        }
                    }
                    outcome.stored += 1
                case .delete(let id):
                    if id.withUnsafeBytes({ content.delete($0) }) { outcome.deleted += 1 }
                }
            }
            content.version += 1
        }
        return outcome
    }

    /// Begins the collection's growing block when there is none.
    func beginBlock() throws(HeddleError) {
        guard content.blocks.last?.file != nil || content.blocks.isEmpty else { return }
        let block = try newBlock(at: content.count)
        lock.write { content.blocks.append(block) }
    }

    func newBlock(at base: UInt32) throws(HeddleError) -> RowBlock {
        let capacity = max(256, min(16_384, (32 << 20) / settings.vectorBytes))
        return try RowBlock(base: base, vectorBytes: settings.vectorBytes, capacity: capacity)
    }

    /// Writes the code of a vector that the disk has in its precision.
    func encode(_ vector: [UInt8], _ slot: UInt32, _ graph: VectorGraph) throws(HeddleError) {
        guard Int(slot) < graph.capacity else {
            throw HeddleError(.storageFull, "the collection's memory is used up")
        }
        vector.withUnsafeBytes { raw in
            if let start = raw.baseAddress { encode(start, slot, graph) }
        }
    }

    func encode(_ vector: UnsafeRawPointer, _ slot: UInt32, _ graph: VectorGraph) {
        settings.readNumbers(vector, into: &writerChanges.numbers)
        writerChanges.clipped += writerChanges.numbers.withUnsafeBufferPointer { numbers in
            numbers.baseAddress.map { graph.encode(slot, $0) } ?? 0
        }
        writerChanges.encoded += settings.dimension
    }
}

extension VectorSettings {
    /// Reads a vector of the disk, with length 1 where the metric is the cosine.
    func readNumbers(_ vector: UnsafeRawPointer, into numbers: inout [Float]) {
        let kernels = heddle_kernels_best().pointee
        if numbers.count != dimension { numbers = [Float](repeating: 0, count: dimension) }
        numbers.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            switch precision {
            case .float32: UnsafeMutableRawPointer(start).copyMemory(from: vector, byteCount: dimension * 4)
            case .float16: kernels.f32_from_f16(vector.assumingMemoryBound(to: UInt16.self), start, dimension)
            }
            if metric == .cosine { Self.normalize(buffer) }
        }
    }

    /// Brings a vector to length 1; what is too small for that stays.
    static func normalize(_ numbers: UnsafeMutableBufferPointer<Float>) {
        let square = heddle_kernels_best().pointee.dot_f32(numbers.baseAddress, numbers.baseAddress, numbers.count)
        guard square > 0, square.isFinite else { return normalizeSlowly(numbers) }
        let factor = 1 / square.squareRoot()
        for index in numbers.indices { numbers[index] *= factor }
    }

    /// For vectors whose square is out of the range of a float.
    private static func normalizeSlowly(_ numbers: UnsafeMutableBufferPointer<Float>) {
        let square = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }
        guard square > 0 else { return }
        let factor = 1 / square.squareRoot()
        for index in numbers.indices { numbers[index] = Float(Double(numbers[index]) * factor) }
    }
}
